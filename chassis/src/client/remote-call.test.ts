import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { type TestContext, test } from "node:test";
import { newContext, runInContext } from "../context/context.ts";
import { parseTraceparent } from "../context/trace-context.ts";
import { unavailable, upstreamFailed } from "../core/failure/failure.ts";
import { answerJson } from "../testing/servers/http-server.ts";
import { thingsClient, thingsServer } from "./things.fixture.ts";

const thing = { id: "t1", size: 3 };
const problem = (code: string) => ({ type: `urn:problem:${code}`, title: "", status: 0, code, instance: "r" });
const params = { id: "t1" };

/** A server that answers its n-th request with the n-th answer, and every further one with the last. */
function answering(t: TestContext, ...answers: ((response: ServerResponse) => void)[]) {
  let count = 0;
  return thingsServer(t, (_request, response) => answers[Math.min(count++, answers.length - 1)]?.(response));
}
const good = (response: ServerResponse) =>
  answerJson(response, response.req.method === "POST" && response.req.url === "/things" ? 201 : 200, thing);
const asleep = (response: ServerResponse) => answerJson(response, 503, problem("unavailable"));
const cut = (response: ServerResponse) => response.destroy();

/** A port on which nothing listens. */
async function closedPort(t: TestContext): Promise<string> {
  const server = await thingsServer(t, () => {});
  server.close();
  return server.url;
}

test("reading is tried again after an outage and after a lost connection, each attempt with a span of its own", async (t) => {
  const server = await answering(t, asleep, cut, good);
  const { things } = thingsClient(t, [server.url]);
  assert.deepEqual(await runInContext(newContext(), () => things.getThing({ params })), thing);
  const traces = server.requests.map(({ headers }) => parseTraceparent(headers["traceparent"] as string));
  assert.equal(new Set(traces.map((trace) => trace?.traceId)).size, 1);
  assert.equal(new Set(traces.map((trace) => trace?.spanId)).size, 3);
  assert.equal(new Set(server.requests.map(({ headers }) => headers["x-request-id"])).size, 1);
});

test("after three attempts the last failure is the caller's", async (t) => {
  const server = await answering(t, asleep);
  const { things } = thingsClient(t, [server.url]);
  await assert.rejects(things.getThing({ params }), unavailable.is);
  assert.equal(server.requests.length, 3);
});

test("a call with a key is tried again with the same key", async (t) => {
  const server = await answering(t, cut, good);
  const { things } = thingsClient(t, [server.url]);
  assert.deepEqual(await things.addThing({ body: { size: 3 }, key: "k1" }), thing);
  assert.deepEqual(
    server.requests.map(({ headers }) => headers["idempotency-key"]),
    ["k1", "k1"],
  );
});

test("a call that is neither safe nor keyed is never sent twice", async (t) => {
  for (const failure of [cut, asleep]) {
    const server = await answering(t, failure);
    const { things } = thingsClient(t, [server.url]);
    await assert.rejects(things.addThing({ body: { size: 3 } }), { kind: "unavailable" });
    assert.equal(server.requests.length, 1);
    await assert.rejects(things.shakeThing({ params, key: "not honoured" }), { kind: "unavailable" });
    assert.equal(server.requests.length, 2);
  }
});

test("a connection lost after the request is an outage whose outcome is unknown", async (t) => {
  const server = await answering(t, cut);
  const { things } = thingsClient(t, [server.url]);
  await assert.rejects(things.addThing({ body: { size: 3 } }), (error) => {
    assert.ok(upstreamFailed.is(error));
    assert.equal(error.kind, "unavailable");
    return true;
  });
});

test("a refused connection sends any call to the next instance", async (t) => {
  const server = await answering(t, good);
  const gone = await closedPort(t);
  const { things } = thingsClient(t, [gone, server.url], { random: () => 0 });
  assert.deepEqual(await things.addThing({ body: { size: 3 } }), thing);
});

test("the next attempt goes to an instance that was not tried", async (t) => {
  const [first, second] = [await answering(t, asleep), await answering(t, good)];
  const { things } = thingsClient(t, [first.url, second.url], { random: () => 0 });
  assert.deepEqual(await things.getThing({ params }), thing);
  assert.equal(first.requests.length, 1);
  assert.equal(second.requests.length, 1);
});

test("a call without a known instance is unavailable, and goes through when discovery learns of one in time", async (t) => {
  const server = await answering(t, good);
  const { things, discovery } = thingsClient(t, {});
  await assert.rejects(things.getThing({ params }), unavailable.is);
  const call = things.addThing({ body: { size: 3 } });
  discovery.update({ things: [server.url] });
  assert.deepEqual(await call, thing);
});

test("an instance that does not take our token is an outage, for the caller's token is not at fault", async (t) => {
  const server = await answering(t, (response) => answerJson(response, 401, problem("token_invalid")));
  const { things } = thingsClient(t, [server.url]);
  await assert.rejects(things.getThing({ params }), { code: "upstream_failed", kind: "unavailable", status: 502 });
});
