import assert from "node:assert/strict";
import { test } from "node:test";
import { newContext, runInContext } from "../context/context.ts";
import { parseTraceparent } from "../context/trace-context.ts";
import { invalidInput } from "../core/failure/failure.ts";
import { answerJson } from "../testing/servers/http-server.ts";
import { thingsClient, thingsServer } from "./things.fixture.ts";

const thing = { id: "t1", size: 3 };

test("a call sends path, query and body as the contract says and returns the reply's body", async (t) => {
  const server = await thingsServer(t, ({ method }, response) =>
    answerJson(response, method === "POST" ? 201 : 200, thing),
  );
  const { things } = thingsClient(t, [server.url]);

  assert.deepEqual(await things.getThing({ params: { id: "a b/ü" }, query: { unit: "m&m", deep: true } }), thing);
  assert.deepEqual(await things.addThing({ body: { size: 3 }, key: "k1" }), thing);

  const [read, added] = server.requests;
  assert.equal(read?.url, "/things/a%20b%2F%C3%BC?unit=m%26m&deep=true");
  assert.equal(added?.url, "/things");
  assert.equal(added?.body, '{"size":3}');
  assert.equal(added?.headers["content-type"], "application/json");
  assert.equal(added?.headers["idempotency-key"], "k1");
});

test("replies without a body and replies that are not JSON arrive as such", async (t) => {
  const server = await thingsServer(t, ({ method }, response) =>
    method === "DELETE"
      ? response.writeHead(204).end()
      : response.writeHead(200, { "content-type": "image/svg+xml" }).end("<svg/>"),
  );
  const { things } = thingsClient(t, [server.url]);
  assert.equal(await things.dropThing({ params: { id: "t1" } }), undefined);
  assert.equal(await things.drawThing({ params: { id: "t1" } }), "<svg/>");
});

test("the token of the called service, the request id and a child span travel with a call", async (t) => {
  const server = await thingsServer(t, (_request, response) => answerJson(response, 200, thing));
  const { things } = thingsClient(t, [server.url]);
  const context = newContext({ requestId: "r-1" });
  await runInContext(context, () => things.getThing({ params: { id: "t1" } }));

  const headers = server.requests[0]?.headers;
  assert.equal(headers?.authorization, "Bearer token-for-things");
  assert.equal(headers?.["x-request-id"], "r-1");
  const trace = parseTraceparent(headers?.["traceparent"] as string);
  assert.equal(trace?.traceId, context.trace.traceId);
  assert.notEqual(trace?.spanId, context.trace.spanId);
});

test("a public call carries no token", async (t) => {
  const server = await thingsServer(t, (_request, response) =>
    response.writeHead(200, { "content-type": "image/svg+xml" }).end("<svg/>"),
  );
  const { things } = thingsClient(t, [server.url]);
  await things.drawThing({ params: { id: "t1" } });
  assert.equal(server.requests[0]?.headers.authorization, undefined);
});

test("a path parameter that would make another path is refused before anything is sent", async (t) => {
  const server = await thingsServer(t, (_request, response) => answerJson(response, 200, thing));
  const { things } = thingsClient(t, [server.url]);
  for (const id of ["", ".", "..", "\ud800"]) {
    await assert.rejects(things.getThing({ params: { id } }), invalidInput.is);
  }
  assert.equal(server.requests.length, 0);
});

test("connections to an instance are kept and never more than allowed", async (t) => {
  const server = await thingsServer(t, (_request, response) => answerJson(response, 200, thing));
  const { things } = thingsClient(t, [server.url], { connections: 3 });
  for (let round = 0; round < 3; round += 1) {
    await Promise.all(Array.from({ length: 20 }, () => things.getThing({ params: { id: "t1" } })));
  }
  assert.equal(server.requests.length, 60);
  assert.equal(server.connections(), 3);
});

test("calls are spread over the instances that discovery knows at the time", async (t) => {
  const answer = () => thingsServer(t, (_request, response) => answerJson(response, 200, thing));
  const [first, second] = [await answer(), await answer()];
  const { things, discovery } = thingsClient(t, [first.url, second.url]);
  await Promise.all(Array.from({ length: 40 }, () => things.getThing({ params: { id: "t1" } })));
  const [before, others] = [first.requests.length, second.requests.length];
  assert.ok(before >= 10 && others >= 10, `${before} and ${others}`);
  discovery.update({ things: [second.url] });
  for (let call = 0; call < 5; call += 1) await things.getThing({ params: { id: "t1" } });
  assert.deepEqual([first.requests.length, second.requests.length], [before, others + 5]);
});

test("closing waits for the calls under way and ends later ones", async (t) => {
  const arrived = Promise.withResolvers<() => void>();
  const server = await thingsServer(t, (_request, response) => arrived.resolve(() => answerJson(response, 200, thing)));
  const { things, clients } = thingsClient(t, [server.url]);
  const underWay = things.getThing({ params: { id: "t1" } });
  const answer = await arrived.promise;
  const closed = clients.close();
  answer();
  assert.deepEqual(await underWay, thing);
  await closed;
  await assert.rejects(things.getThing({ params: { id: "t1" } }), { code: "unavailable" });
});
