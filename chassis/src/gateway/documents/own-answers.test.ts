import assert from "node:assert/strict";
import { test } from "node:test";
import { answerJson } from "../../testing/servers/http-server.ts";
import { as, bodyOf, gatewayTo, libraryServer } from "../gateway.fixture.ts";

test("the gateway tells its own health", async (t) => {
  const { url } = await gatewayTo(t, []);
  for (const path of ["/health", "/health/live", "/health/ready"]) {
    const response = await fetch(url + path);
    assert.equal(response.status, 200);
    assert.deepEqual(await bodyOf(response), { status: "healthy", service: "gateway" });
  }
});

test("the system is healthy while each service has a healthy instance", async (t) => {
  const good = await libraryServer(t, (_, response) => answerJson(response, 200, { status: "healthy" }));
  const bad = await libraryServer(t, (_, response) => answerJson(response, 503, {}));
  const silent = await libraryServer(t, () => {});
  const health = async (origins: string[]) => {
    const { url } = await gatewayTo(t, origins);
    const response = await fetch(`${url}/api/health`);
    return [response.status, await bodyOf(response)];
  };
  const healthy = [200, { status: "healthy", services: { library: "healthy" } }];
  const degraded = [503, { status: "degraded", services: { library: "unavailable" } }];
  assert.deepEqual(await health([bad.url, good.url, silent.url]), healthy);
  assert.deepEqual(await health([bad.url]), degraded);
  assert.deepEqual(await health([silent.url]), degraded);
  assert.deepEqual(await health([]), degraded);
});

test("however often the system's health is asked for, the services are asked once a second", async (t) => {
  const service = await libraryServer(t, (_, response) => answerJson(response, 200, {}));
  const { url } = await gatewayTo(t, [service.url]);
  await Promise.all(Array.from({ length: 20 }, () => fetch(`${url}/api/health`)));
  assert.equal(service.requests.length, 1);
  assert.equal(service.requests[0]?.url, "/health/ready");
});

test("the documents come from the contracts, and a second look costs nothing", async (t) => {
  const { url } = await gatewayTo(t, []);
  const response = await fetch(`${url}/api/openapi.json`);
  const document = await bodyOf(response);
  assert.equal(document["openapi"], "3.1.0");
  assert.ok((document["paths"] as Record<string, unknown>)["/api/books/{id}"]);
  assert.equal((await bodyOf(await fetch(`${url}/api/asyncapi.json`)))["asyncapi"], "3.0.0");
  const again = await fetch(`${url}/api/openapi.json`, {
    headers: { "if-none-match": response.headers.get("etag") ?? "" },
  });
  assert.equal(again.status, 304);
});

test("every answer has the security headers and a request id, and none tells what the gateway is made of", async (t) => {
  const service = await libraryServer(t, (_, response) =>
    answerJson(response, 200, {}, { server: "x", "x-powered-by": "y" }),
  );
  const { url } = await gatewayTo(t, [service.url]);
  for (const path of ["/health", "/api/books", "/api/nothing", "/api/books/%00", "/api/docs", "/api/openapi.json"]) {
    const { headers } = await fetch(url + path);
    assert.equal(headers.get("x-content-type-options"), "nosniff", path);
    assert.match(headers.get("content-security-policy") ?? "", /^default-src 'none'/, path);
    assert.match(headers.get("x-request-id") ?? "", /^[0-9a-f-]{36}$/, path);
    for (const name of ["server", "x-powered-by", "access-control-allow-origin"]) assert.equal(headers.get(name), null);
  }
});

test("each request is one line in the log: who, what, how long, and nothing secret", async (t) => {
  const service = await libraryServer(t, (_, response) => answerJson(response, 201, { secret: "in the answer" }));
  const { url, requestLines } = await gatewayTo(t, [service.url]);
  const headers = { "content-type": "application/json", ...as("ann"), "idempotency-key": "key-1" };
  const body = '{"title":"secret in the body"}';
  const response = await fetch(`${url}/api/loans?code=secret`, { method: "POST", headers, body });
  await fetch(`${url}/api/books/secret-id`);
  await fetch(`${url}/api/secret-path`);
  const [first, second, third] = requestLines();
  const { time, duration, traceId, ...rest } = first ?? {};
  assert.deepEqual(rest, {
    level: "info",
    service: "gateway",
    method: "POST",
    route: "/api/loans",
    status: 201,
    userId: "ann",
    requestId: response.headers.get("x-request-id"),
    msg: "request",
  });
  assert.equal(typeof duration, "number");
  assert.ok(String(service.requests[0]?.headers["traceparent"]).includes(String(traceId)), "the trace goes on");
  assert.ok(time);
  assert.equal(second?.["route"], "/api/books/{id}");
  assert.equal(third?.["route"], "unmatched");
  assert.doesNotMatch(JSON.stringify(requestLines()), /secret|Bearer|key-1/);
});
