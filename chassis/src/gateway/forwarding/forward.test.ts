import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { answerJson, httpServer } from "../../testing/servers/http-server.ts";
import { oddServer } from "../edge/odd-server.fixture.ts";
import { as, bodyOf, gatewayTo, libraryServer, problemOf, sendBytes } from "../gateway.fixture.ts";

const json = { "content-type": "application/json" };

/** An address at which nothing listens. */
async function deadUrl(t: TestContext): Promise<string> {
  const server = await libraryServer(t, () => {});
  server.close();
  return server.url;
}

test("the service sees what the gateway set, and nothing that the client claimed", async (t) => {
  const service = await libraryServer(t, (_, response) => answerJson(response, 200, {}));
  const { url } = await gatewayTo(t, [service.url]);
  const claims = { "x-user-id": "root", "x-forwarded-for": "192.0.2.1", baggage: "a=b", traceparent: "00-1-1-01" };
  const headers = { ...claims, "x-request-id": "mine", "x-deadline-ms": "1", ...as("ann"), "if-none-match": '"1"' };
  const response = await fetch(`${url}/api/books`, { headers });
  const seen = service.requests[0]?.headers ?? {};
  assert.equal(seen["x-user-id"], undefined);
  assert.equal(seen["baggage"], undefined);
  assert.equal(seen["x-forwarded-for"], "127.0.0.1");
  assert.match(String(seen["traceparent"]), /^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$/);
  assert.equal(seen["x-request-id"], response.headers.get("x-request-id"));
  assert.notEqual(seen["x-request-id"], "mine");
  assert.equal(seen["x-deadline-ms"], "10000");
  assert.equal(seen["if-none-match"], '"1"');
  assert.equal(seen.host, new URL(service.url).host);
});

test("a header beyond ASCII goes on as it came", async (t) => {
  const service = await libraryServer(t, (_, response) => answerJson(response, 200, {}));
  const { url } = await gatewayTo(t, [service.url]);
  const head = ["GET /api/books HTTP/1.1", "Host: a", "User-Agent: caf\xe9\tbar", "Connection: close", "", ""];
  assert.match(await sendBytes(url, head.join("\r\n")), /^HTTP\/1.1 200 /);
  assert.equal(service.requests[0]?.headers["user-agent"], "caf\xe9\tbar");
});

test("where no instance is known or reachable, the answer is 503 with the time to come back", async (t) => {
  for (const origins of [[], [await deadUrl(t)]]) {
    const { url } = await gatewayTo(t, origins);
    const response = await fetch(`${url}/api/books`);
    assert.equal(response.status, 503);
    assert.equal(response.headers.get("retry-after"), "1");
    assert.equal((await problemOf(response))["code"], "unavailable");
  }
});

test("an instance that can't be reached costs nothing while another can, whatever the call", async (t) => {
  const service = await libraryServer(t, (_, response) => answerJson(response, 200, {}));
  const { url } = await gatewayTo(t, [await deadUrl(t), service.url]);
  for (let n = 0; n < 20; n++) {
    const response = await fetch(`${url}/api/auth/login`, { method: "POST", headers: json, body: "{}" });
    assert.equal(response.status, 200);
  }
});

test("a connection that breaks before the answer is replaced once, if a repeat is harmless", async (t) => {
  const service = await oddServer(t, (socket) => socket.destroy());
  const { url } = await gatewayTo(t, [service.url]);
  const asked = async (path: string, init: RequestInit) => {
    const before = service.connections();
    const response = await fetch(url + path, init);
    assert.equal(response.status, 502);
    assert.equal((await problemOf(response))["code"], "upstream_failed");
    return service.connections() - before;
  };
  const post = { method: "POST", body: "{}", headers: { ...json, ...as("ann") } };
  assert.equal(await asked("/api/books", {}), 2);
  assert.equal(await asked("/api/loans", post), 1, "a POST without a key may have been done");
  assert.equal(await asked("/api/loans", { ...post, headers: { ...post.headers, "idempotency-key": "k" } }), 2);
  assert.equal(await asked("/api/auth/login", { ...post, headers: { ...post.headers, "idempotency-key": "k" } }), 1);
});

test("garbage, and a failure that is not told as a problem, become 502 without its words", async (t) => {
  const garbage = await oddServer(t, (socket) => socket.end("garbage from 127.0.0.1\r\n\r\n"));
  const page = await libraryServer(t, (_, response) => response.writeHead(500).end("Error: garbage at file.ts:1"));
  for (const { url: origin } of [garbage, page]) {
    const { url } = await gatewayTo(t, [origin]);
    const response = await fetch(`${url}/api/books`);
    assert.equal(response.status, 502);
    assert.equal((await problemOf(response))["code"], "upstream_failed");
  }
});

test("a service's own problem goes through as it is", async (t) => {
  const problem = { type: "urn:problem:unavailable", status: 503, code: "unavailable", instance: "r1" };
  const service = await libraryServer(t, (_, response) => answerJson(response, 503, problem, { "retry-after": "7" }));
  const { url } = await gatewayTo(t, [service.url]);
  const response = await fetch(`${url}/api/books`);
  assert.equal(response.headers.get("retry-after"), "7");
  assert.deepEqual(await bodyOf(response), problem);
  assert.equal(service.requests.length, 1, "it is not asked again");
});

test("a service that takes too long is given up, and its work cancelled", async (t) => {
  const cancelled = Promise.withResolvers<void>();
  const service = await libraryServer(t, (_, response) => response.on("close", () => cancelled.resolve()));
  const { url } = await gatewayTo(t, [service.url]);
  const response = await fetch(`${url}/api/slow`);
  assert.equal(response.status, 504);
  assert.equal((await problemOf(response))["code"], "deadline_exceeded");
  assert.equal(service.requests[0]?.headers["x-deadline-ms"], "100");
  await cancelled.promise;
});

test("an answer that breaks off is broken off for the client too", async (t) => {
  const service = await oddServer(t, (socket) =>
    socket.end("HTTP/1.1 200 OK\r\nx-service: library\r\ncontent-length: 10\r\n\r\nhalf"),
  );
  const { url } = await gatewayTo(t, [service.url]);
  const response = await fetch(`${url}/api/books`);
  await assert.rejects(response.text());
});

test("an answer of another service, or of nobody who says who they are, is not for the client", async (t) => {
  const answer: Parameters<typeof libraryServer>[1] = (_, response) => answerJson(response, 200, { id: "garbage" });
  for (const other of [await httpServer(t, answer, "users"), await httpServer(t, answer)]) {
    const { url } = await gatewayTo(t, [other.url]);
    for (const [path, init] of [
      ["/api/books/1", {}],
      ["/api/scans/1", { method: "PUT", headers: json, body: "{}" }],
    ] as const) {
      const response = await fetch(url + path, init);
      assert.equal(response.status, 502);
      assert.equal((await problemOf(response))["code"], "upstream_failed");
    }
  }
});

test("when one of two instances dies, it is left out after five, and no client who only reads notices", async (t) => {
  let dead = false;
  const answer: Parameters<typeof libraryServer>[1] = (_, response) => answerJson(response, 200, {});
  const stays = await libraryServer(t, answer);
  const dies = await libraryServer(t, (request, response) => (dead ? response.destroy() : answer(request, response)));
  const { url } = await gatewayTo(t, [stays.url, dies.url]);
  const read = async () => assert.equal((await fetch(`${url}/api/books/1`)).status, 200);
  for (let request = 0; request < 60; request += 1) await read();
  assert.ok(stays.requests.length >= 15 && dies.requests.length >= 15, "both get their share");
  dead = true;
  const before = dies.requests.length;
  for (let request = 0; request < 60; request += 1) await read();
  assert.equal(dies.requests.length - before, 5);
});

test("a service that fails is spared: the gateway answers 503 at once, and says when to come again", async (t) => {
  const service = await libraryServer(t, (_, response) =>
    answerJson(response, 500, { status: 500, code: "internal_error" }, { "content-type": "application/problem+json" }),
  );
  const { url } = await gatewayTo(t, [service.url]);
  for (let request = 0; request < 10; request += 1) assert.equal((await fetch(`${url}/api/books/1`)).status, 500);
  const response = await fetch(`${url}/api/books/1`);
  assert.equal(response.status, 503);
  assert.equal(response.headers.get("retry-after"), "1");
  assert.equal((await problemOf(response))["code"], "unavailable");
  assert.equal(service.requests.length, 10);
});
