import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { Type } from "typebox";
import { call } from "../contract/call.ts";
import { contract } from "../contract/contract.ts";
import { Fields } from "../contract/schema.ts";
import { notFound, unavailable } from "../core/failure/failure.ts";
import { staticDiscovery } from "../discovery/static.ts";
import { createLog } from "../telemetry/log.ts";
import { createMetrics } from "../telemetry/metrics.ts";
import { fakeClock } from "../testing/fake-clock.ts";
import { answerJson, httpServer } from "../testing/servers/http-server.ts";
import { createClients } from "./create-client.ts";
import { thingsClient, thingsServer } from "./things.fixture.ts";

const thing = { id: "t1", size: 3 };
const params = { id: "t1" };
const problem = { code: "upstream_failed" };
const times = (count: number, act: () => Promise<unknown>) => Promise.allSettled(Array.from({ length: count }, act));

test("a service that fails is left alone: the circuit opens, callers are told at once, and it closes by itself", async (t) => {
  const clock = fakeClock();
  let status = 500;
  const server = await thingsServer(t, (_request, response) =>
    answerJson(response, status, status < 400 ? thing : problem),
  );
  const metrics = createMetrics("test");
  const { things } = thingsClient(t, [server.url], { clock, metrics });
  await times(10, () => things.shakeThing({ params }));
  assert.match(await metrics.text(), /circuit_breaker_state\{target="things",service="test"\} 2/);
  await assert.rejects(things.shakeThing({ params }), (error) => unavailable.is(error) && error.retryAfter === 1);
  assert.equal(server.requests.length, 10);

  status = 200;
  await clock.advance(1_000);
  for (let probe = 0; probe < 3; probe += 1) assert.deepEqual(await things.shakeThing({ params }), thing);
  const text = await metrics.text();
  assert.match(text, /circuit_breaker_state\{target="things",service="test"\} 0/);
  for (const state of ["open", "half-open", "closed"]) {
    assert.match(
      text,
      new RegExp(`circuit_breaker_changes_total\\{target="things",state="${state}",service="test"\\} 1`),
    );
  }
});

test("a service that says no is well: refusals open no circuit", async (t) => {
  const server = await thingsServer(t, (_request, response) => answerJson(response, 404, { code: "not_found" }));
  const { things } = thingsClient(t, [server.url]);
  await times(30, () => things.getThing({ params }));
  await assert.rejects(things.getThing({ params }), notFound.is);
  assert.equal(server.requests.length, 31);
});

test("nor do services that have too much to do and say so", async (t) => {
  const server = await thingsServer(t, (_request, response) =>
    answerJson(response, 503, { code: "unavailable" }, { "retry-after": "1" }),
  );
  const { things } = thingsClient(t, [server.url]);
  await times(30, () => things.shakeThing({ params }));
  assert.equal(server.requests.length, 30);
});

test("a fallback stands in for a service that can't, not for one that says no", async (t) => {
  let status = 500;
  const server = await thingsServer(t, (_request, response) =>
    answerJson(response, status, { code: status === 404 ? "not_found" : "internal_error" }),
  );
  const { things } = thingsClient(t, [server.url]);
  const kept = { id: "kept", size: 0 };
  const fallback = () => kept;
  assert.equal(await things.getThing({ params }, { fallback }), kept);
  const nobody = thingsClient(t, {});
  assert.equal(await nobody.things.getThing({ params }, { fallback: async () => kept }), kept);
  status = 404;
  await assert.rejects(things.getThing({ params }, { fallback }), notFound.is);
});

test("calls to one service are bounded: more wait, and more than that are refused", async (t) => {
  const answers: (() => void)[] = [];
  const server = await thingsServer(t, (_request, response) => answers.push(() => answerJson(response, 200, thing)));
  const { things } = thingsClient(t, [server.url], { bulkhead: { running: 2, waiting: 1 } });
  const calls = [1, 2, 3].map(() => things.getThing({ params }));
  await assert.rejects(things.getThing({ params }), (error) => unavailable.is(error) && error.retryAfter === 1);
  while (answers.length < 2) await new Promise(setImmediate);
  assert.equal(server.requests.length, 2);
  while (answers.length > 0 || server.requests.length < 3) {
    answers.shift()?.();
    await new Promise(setImmediate);
  }
  assert.deepEqual(await Promise.all(calls), [thing, thing, thing]);
});

test("when one of three instances dies, the calls find another, and it is left out after five", async (t) => {
  const good = () => thingsServer(t, (_request, response) => answerJson(response, 200, thing));
  const [one, two] = [await good(), await good()];
  let dead = false;
  const dies = await thingsServer(t, (_request, response) =>
    dead ? response.destroy() : answerJson(response, 200, thing),
  );
  const { things } = thingsClient(t, [one.url, dies.url, two.url]);
  for (let round = 0; round < 60; round += 1) await things.getThing({ params });
  dead = true;
  const before = dies.requests.length;
  for (let round = 0; round < 60; round += 1) assert.deepEqual(await things.getThing({ params }), thing);
  assert.equal(dies.requests.length - before, 5);
});

/** A service whose only call calls the one behind it, if there is one, and fails when that does. */
async function hop(t: TestContext, name: string, behind: { url: string; name: string } | undefined) {
  const next = behind && clientOf(t, behind);
  return httpServer(
    t,
    async (_request, response) => {
      await next?.go({}).catch(() => {});
      answerJson(response, 503, { code: "unavailable" });
    },
    name,
  );
}

function clientOf(t: TestContext, { url, name }: { url: string; name: string }) {
  const go = call("GET /go", { summary: "Go", access: "public", replies: { 200: Fields({ ok: Type.Boolean() }) } });
  const log = createLog({ service: "test", level: "silent" });
  const discovery = staticDiscovery({ [name]: [url] });
  // Half of what is asked fails at once by the breaker; here only the budget shall hold it back.
  const breaker = { leastAttempts: Number.POSITIVE_INFINITY };
  const tokenFor = async () => "";
  const clients = createClients({ discovery, log, tokenFor, breaker });
  t.after(() => clients.close());
  return clients.client(contract(name, { calls: { go }, events: {} }));
}

test("a storm of retries through three hops is amplified at most 1.2 times at each", async (t) => {
  const last = await hop(t, "last", undefined);
  const middle = await hop(t, "middle", { url: last.url, name: "last" });
  const first = await hop(t, "first", { url: middle.url, name: "middle" });
  const { go } = clientOf(t, { url: first.url, name: "first" });
  const CALLS = 400;
  for (let round = 0; round < CALLS / 20; round += 1) await times(20, () => go({}));
  const arrived = [CALLS, first.requests.length, middle.requests.length, last.requests.length] as const;
  for (let at = 1; at < arrived.length; at += 1) {
    const amplified = (arrived[at] as number) / (arrived[at - 1] as number);
    assert.ok(amplified > 1.05 && amplified <= 1.2, `${arrived.join(" → ")}`);
  }
});
