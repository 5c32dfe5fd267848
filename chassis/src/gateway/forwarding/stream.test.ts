import assert from "node:assert/strict";
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { type TestContext, test } from "node:test";
import { answerJson } from "../../testing/servers/http-server.ts";
import { gatewayTo, libraryServer } from "../gateway.fixture.ts";

/** A service that holds its answers open for the test to write to. */
async function newsService(t: TestContext) {
  const { promise: stream, resolve } = Promise.withResolvers<ServerResponse>();
  const service = await libraryServer(t, (request, response) => {
    if (request.url !== "/news") return answerJson(response, 200, {});
    resolve(response.writeHead(200, { "content-type": "text/event-stream" }));
    return response.flushHeaders();
  });
  return { ...service, stream };
}

const reader = (response: Response) => {
  const parts = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  return async () => (await parts?.read()) ?? { done: true, value: undefined };
};

test("events reach the client as they come, one by one", async (t) => {
  const service = await newsService(t);
  const { url } = await gatewayTo(t, [service.url]);
  const response = await fetch(`${url}/api/news`);
  assert.equal(response.headers.get("content-type"), "text/event-stream");
  assert.equal(service.requests[0]?.headers["x-deadline-ms"], undefined);
  const read = reader(response);
  const stream = await service.stream;
  for (const event of ["data: one\n\n", "data: two\n\n"]) {
    stream.write(event);
    assert.equal((await read()).value, event);
  }
});

test("when the client leaves, the service sees it", async (t) => {
  const service = await newsService(t);
  const { url, requestLines } = await gatewayTo(t, [service.url]);
  const leaving = new AbortController();
  await fetch(`${url}/api/news`, { signal: leaving.signal });
  const closed = once(await service.stream, "close");
  leaving.abort();
  await closed;
  assert.equal(requestLines()[0]?.["cutOff"], true);
});

test("a client that leaves before the answer is logged as one that left", async (t) => {
  const asked = Promise.withResolvers<ServerResponse>();
  const service = await libraryServer(t, (_, response) => asked.resolve(response));
  const { url, requestLines } = await gatewayTo(t, [service.url]);
  const leaving = new AbortController();
  const answer = fetch(`${url}/api/books`, { signal: leaving.signal });
  const closed = once(await asked.promise, "close");
  leaving.abort();
  await assert.rejects(answer);
  await closed;
  assert.equal(requestLines()[0]?.["status"], 499);
});

test("a gateway that stops ends streams cleanly, finishes what is under way and takes nothing new", async (t) => {
  const held = Promise.withResolvers<ServerResponse>();
  const stream = Promise.withResolvers<void>();
  const service = await libraryServer(t, (request, response) => {
    if (request.url !== "/news") return held.resolve(response);
    response.writeHead(200, { "content-type": "text/event-stream" }).write("data: one\n\n");
    return stream.resolve();
  });
  const { url, gateway } = await gatewayTo(t, [service.url]);
  const read = reader(await fetch(`${url}/api/news`));
  assert.equal((await read()).value, "data: one\n\n");
  const underWay = fetch(`${url}/api/books`);
  const response = await held.promise;
  const closed = gateway.close();
  assert.equal((await read()).done, true, "the stream ended without an error");
  await assert.rejects(fetch(`${url}/health`, { headers: { connection: "close" } }));
  answerJson(response, 200, { id: "b1" });
  const answer = await underWay;
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get("connection"), "close");
  await closed;
});

test("what does not finish in time is cut off when the gateway stops", async (t) => {
  const asked = Promise.withResolvers<void>();
  const service = await libraryServer(t, () => asked.resolve());
  const { url, gateway } = await gatewayTo(t, [service.url], { drainTimeout: 50 });
  const answer = assert.rejects(fetch(`${url}/api/books`));
  await asked.promise;
  await gateway.close();
  await answer;
});
