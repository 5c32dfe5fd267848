import assert from "node:assert/strict";
import { test } from "node:test";
import { unavailable } from "../../core/failure/failure.ts";
import { answerJson } from "../../testing/servers/http-server.ts";
import { as, gatewayTo, libraryServer, sendBytes } from "../gateway.fixture.ts";

const post = { method: "POST", body: '{"title":"Emma"}' };
const json = { "content-type": "application/json" };

test("public calls need no token, and a token that is not good does no harm there", async (t) => {
  const service = await libraryServer(t, (_, response) => answerJson(response, 200, {}));
  const { url } = await gatewayTo(t, [service.url]);
  for (const headers of [{}, as("ann"), as("expired"), { authorization: "Basic eA==" }]) {
    assert.equal((await fetch(`${url}/api/books`, { headers })).status, 200);
  }
});

test("who is not let in gets a problem, and the service hears nothing of it", async (t) => {
  const service = await libraryServer(t, (_, response) => answerJson(response, 201, {}));
  const { url } = await gatewayTo(t, [service.url]);
  const refused: [string, Record<string, string>, number, string][] = [
    ["/api/loans", {}, 401, "token_missing"],
    ["/api/loans", as("expired"), 401, "token_invalid"],
    ["/api/loans", as("robot"), 401, "token_invalid"],
    ["/api/loans", { authorization: "ann" }, 401, "token_invalid"],
    ["/api/books", {}, 401, "token_missing"],
    ["/api/books", as("ann"), 403, "forbidden"],
  ];
  for (const [path, headers, status, code] of refused) {
    const { request } = await import("undici");
    const response = await request(url + path, { ...post, method: "POST", headers: { ...json, ...headers } });
    assert.deepEqual(
      [response.statusCode, ((await response.body.json()) as { code: string }).code],
      [status, code],
      path,
    );
    assert.equal(response.headers["www-authenticate"], status === 401 ? "Bearer" : undefined);
  }
  assert.equal(service.requests.length, 0);
});

test("a token that Connection names is gone before it is read", async (t) => {
  const service = await libraryServer(t, (_, response) => answerJson(response, 201, {}));
  const { url } = await gatewayTo(t, [service.url]);
  const head = ["POST /api/loans HTTP/1.1", "Host: a", "Authorization: Bearer ann", "Content-Length: 0"];
  const answer = await sendBytes(url, [...head, "Connection: close, authorization", "", ""].join("\r\n"));
  assert.match(answer, /^HTTP\/1.1 401 .*token_missing/s);
  assert.equal(service.requests.length, 0);
});

test("users are let in to theirs, administrators to all", async (t) => {
  const service = await libraryServer(t, (_, response) => answerJson(response, 201, {}));
  const { url } = await gatewayTo(t, [service.url]);
  assert.equal((await fetch(`${url}/api/loans`, { ...post, headers: { ...json, ...as("ann") } })).status, 201);
  assert.equal((await fetch(`${url}/api/books`, { ...post, headers: { ...json, ...as("root") } })).status, 201);
  assert.equal(service.requests[0]?.headers.authorization, "Bearer ann");
});

test("when tokens can't be verified, the answer is not that the token is wrong", async (t) => {
  const verify = () => Promise.reject(unavailable.failure({ retryAfter: 2 }));
  const { url } = await gatewayTo(t, [], { verify });
  const response = await fetch(`${url}/api/loans`, { ...post, headers: { ...json, ...as("ann") } });
  assert.equal(response.status, 503);
  assert.equal(response.headers.get("retry-after"), "2");
});
