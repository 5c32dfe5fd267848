import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { tokenInvalid, unavailable } from "../../core/failure/failure.ts";
import { staticDiscovery } from "../../discovery/static.ts";
import { createLog } from "../../telemetry/log.ts";
import { fakeClock } from "../../testing/fake-clock.ts";
import { answerJson, httpServer } from "../../testing/servers/http-server.ts";
import { verifierWithKeys } from "../keys/keys.fixture.ts";
import { accessTokens } from "../tokens/access-token.ts";
import { serviceTokens } from "../tokens/service-token.ts";
import { endedSessions } from "./ended-sessions.ts";

type State = { ended: string[]; since: string; pageSize: number; status: number; breaks: number };

/** An identity service whose answers the test changes, and what is known of it. */
async function sessionsOf(t: TestContext) {
  const state: State = { ended: [], since: "7", pageSize: 1_000, status: 200, breaks: 0 };
  const server = await httpServer(t, ({ url }, response) => {
    if (state.breaks > 0) {
      state.breaks -= 1;
      return void response.destroy();
    }
    const after = new URL(url, "http://x").searchParams.get("after") ?? "";
    const from = state.ended.indexOf(after) + 1;
    const sessions = state.ended.slice(from, from + state.pageSize);
    const isLast = from + sessions.length >= state.ended.length;
    answerJson(response, state.status, { sessions, since: state.since, after: isLast ? null : sessions.at(-1) });
  });
  const clock = fakeClock();
  const discovery = staticDiscovery({ users: [server.url] });
  const log = createLog({ service: "test", level: "silent" });
  const sessions = endedSessions({ discovery, log, clock, tokenFor: async (audience) => `for-${audience}` });
  t.after(() => sessions.close());
  /** Asks until the answer that is under way, for which nobody waits, has come. */
  const soon = async (session: string, expected: boolean) => {
    while ((await sessions.has(session)) !== expected && !t.signal.aborted) await new Promise((r) => setImmediate(r));
  };
  return { state, server, clock, discovery, sessions, soon };
}

test("the first question waits for an answer, which all share, and the next ones are answered without asking", async (t) => {
  const { state, server, sessions } = await sessionsOf(t);
  state.ended = ["s1"];
  assert.deepEqual(await Promise.all(["s1", "s2", "s1"].map((id) => sessions.has(id))), [true, false, true]);
  assert.equal(sessions.has("s1"), true);
  assert.deepEqual(
    server.requests.map(({ url, headers }) => [url, headers.authorization]),
    [["/ended-sessions", "Bearer for-users"]],
  );
});

test("after two and a half seconds it is asked again, from where it read to, and nobody waits", async (t) => {
  const { state, server, clock, sessions, soon } = await sessionsOf(t);
  await sessions.has("s1");
  state.ended = ["s1"];
  await clock.advance(2_499);
  assert.equal(sessions.has("s1"), false);
  await clock.advance(1);
  assert.equal(sessions.has("s1"), false);
  await soon("s1", true);
  assert.equal(server.requests.length, 2);
  assert.equal(server.requests[1]?.url, "/ended-sessions?since=7");
});

test("after five seconds in which nobody asked, nobody is let in before the answer", async (t) => {
  const { state, clock, sessions } = await sessionsOf(t);
  await sessions.has("s1");
  state.ended = ["s1"];
  await clock.advance(5_000);
  assert.equal(await sessions.has("s1"), true);
});

test("all pages are read, and the first of them says from where to go on", async (t) => {
  const { state, server, clock, sessions } = await sessionsOf(t);
  state.ended = ["a", "b", "c", "d", "e"];
  state.pageSize = 2;
  const found = await Promise.all(["a", "c", "e"].map((id) => sessions.has(id)));
  assert.deepEqual([found, server.requests.length], [[true, true, true], 3]);
  state.ended = [];
  await clock.advance(5_000);
  assert.equal(await sessions.has("a"), true, "what was heard stays");
});

test("while the identity service is away, what is known stays, and only the first who ask wait", async (t) => {
  const { state, server, clock, discovery, sessions } = await sessionsOf(t);
  state.ended = ["s1"];
  await sessions.has("s1");
  discovery.update({});
  for (let round = 0; round < 3; round += 1) {
    await clock.advance(5_000);
    assert.equal(await sessions.has("s1"), true);
    assert.equal(await sessions.has("s2"), false);
  }
  assert.equal(typeof sessions.has("s2"), "boolean");
  state.ended = ["s1", "s2"];
  discovery.update({ users: [server.url] });
  await clock.advance(5_000);
  while (!(await sessions.has("s2")) && !t.signal.aborted) await new Promise((resolve) => setImmediate(resolve));
});

test("before anything is known, an identity service that is away leaves it open", async (t) => {
  const { state, clock, sessions } = await sessionsOf(t);
  state.status = 500;
  await assert.rejects(async () => sessions.has("s1"), unavailable.is);
  state.status = 200;
  await assert.rejects(async () => sessions.has("s1"), unavailable.is);
  await clock.advance(5_000);
  assert.equal(await sessions.has("s1"), false);
});

test("an identity service that tells of no sessions ends none early", async (t) => {
  const { state, sessions } = await sessionsOf(t);
  state.status = 404;
  assert.equal(await sessions.has("s1"), false);
});

test("who has to know now is told what happened before the question, however fresh the last answer is", async (t) => {
  const { state, sessions } = await sessionsOf(t);
  assert.equal(await sessions.has("s1"), false);
  state.ended = ["s1"];
  assert.equal(sessions.has("s1"), false);
  assert.equal(await sessions.hasNow("s1"), true);
  assert.equal(sessions.has("s1"), true, "and so is everybody else");
});

test("those who ask at the same time share a question, and none has one that began before", async (t) => {
  const { state, server, sessions } = await sessionsOf(t);
  const first = sessions.hasNow("s1");
  while (server.requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
  state.ended = ["s1"];
  const later = await Promise.all(Array.from({ length: 50 }, () => sessions.hasNow("s1")));
  assert.ok(later.every((has) => has));
  await first;
  assert.equal(server.requests.length, 2);
});

test("who has to know now is refused while the identity service is away, whatever was known before", async (t) => {
  const { server, discovery, sessions } = await sessionsOf(t);
  assert.equal(await sessions.hasNow("s1"), false);
  discovery.update({});
  await assert.rejects(sessions.hasNow("s1"), unavailable.is);
  discovery.update({ users: [server.url] });
  assert.equal(await sessions.hasNow("s1"), false);
});

test("a connection that broke is no outage", async (t) => {
  const { state, sessions } = await sessionsOf(t);
  state.breaks = 1;
  assert.equal(await sessions.hasNow("s1"), false);
  state.breaks = 2;
  await assert.rejects(sessions.hasNow("s1"), unavailable.is);
});

test("a session is forgotten when none of its tokens can be in time any more", async (t) => {
  const { state, clock, sessions } = await sessionsOf(t);
  state.ended = ["s1"];
  await sessions.has("s1");
  state.ended = [];
  await clock.advance(20 * 60_000);
  assert.equal(await sessions.has("s1"), false);
});

test("a token is no longer taken when its session ends, also one that was verified before; services have no sessions", async () => {
  const ended = new Set<string>();
  const has = (session: string) => ended.has(session);
  const hasNow = async (session: string) => ended.has(session);
  const { verify, users, orders } = await verifierWithKeys({ endedSessions: { has, hasNow } });
  const sign = accessTokens({ key: users.privateJwk });
  const token = await sign({ id: "u1", name: "Ada", role: "customer", session: "s1" });
  assert.equal((await verify(token)).kind, "user");
  ended.add("s1").add("orders");
  await assert.rejects(verify(token), tokenInvalid.is);

  await verify(await serviceTokens({ name: "orders", key: orders.privateJwk })("inventory"));
});
