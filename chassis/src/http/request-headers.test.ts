import assert from "node:assert/strict";
import { test } from "node:test";
import { malformedRequest } from "./malformed.ts";
import { forwardedNames, headersFor, readHeaders } from "./request-headers.ts";

const allowed = forwardedNames(["prefer"], true);
const readRaw = (rawHeaders: string[], httpVersion = "1.1") => readHeaders({ rawHeaders, httpVersion });
const read = (...raw: string[]) => headersFor(readRaw(["Host", "a", ...raw]), allowed);

test("what the call reads goes on, with the general headers and its key", () => {
  const raw = ["Accept", "*/*", "PREFER", "wait=5", "Idempotency-Key", "k1", "X-Other", "1", "Cookie", "a=b"];
  const headers = read(...raw);
  assert.deepEqual(headers.forwarded, ["accept", "*/*", "prefer", "wait=5", "idempotency-key", "k1"]);
  assert.equal(headers.hasKey, true);
});

test("what claims an identity or belongs to the gateway does not go on", () => {
  const claims = ["x-user-id", "x_user_id", "X_User_Role", "x-forwarded-for", "forwarded", "x-real-ip", "baggage"];
  const ours = ["traceparent", "tracestate", "x-request-id", "x-deadline-ms", "idempotency_key"];
  const hopByHop = [
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "proxy-authorization",
    "expect",
    "content-length",
  ];
  const raw = [...claims, ...ours, ...hopByHop].flatMap((name) => [
    name,
    name === "transfer-encoding" ? "chunked" : "1",
  ]);
  assert.deepEqual(read(...raw).forwarded, []);
});

test("what Connection names is dropped before anything else is read", () => {
  for (const connection of ["authorization", "close, Authorization", "keep-alive,authorization , prefer"]) {
    const headers = read("Authorization", "Bearer t", "Connection", connection);
    assert.equal(headers.authorization, undefined);
    assert.deepEqual(headers.forwarded, []);
  }
  assert.equal(read("Connection", "idempotency-key", "Idempotency-Key", "k").hasKey, false);
});

test("several Connection headers count together", () => {
  const raw = ["Connection", "keep-alive", "Connection", "authorization", "Authorization", "Bearer t"];
  assert.equal(read(...raw).authorization, undefined);
});

for (const name of ["Host", "Authorization", "Content-Type", "Content-Length", "Idempotency-Key", "Origin"]) {
  test(`${name} given twice is refused`, () => {
    assert.throws(() => read(name, "1", name.toLowerCase(), "1"), malformedRequest.is);
  });
}

test("a request without Host is refused, but for HTTP/1.0, which has none", () => {
  assert.throws(() => readRaw(["Accept", "*/*"]), malformedRequest.is);
  assert.doesNotThrow(() => readRaw(["Accept", "*/*"], "1.0"));
  assert.throws(() => readRaw(["Host", "a", "Host", "b"], "1.0"), malformedRequest.is);
});

test("a Host is a host, and maybe a port", () => {
  for (const host of ["", "a", "shop.example:3000", "127.0.0.1:80", "[::1]", "[2001:db8::1]:443", "a_b.example"]) {
    assert.doesNotThrow(() => readRaw(["Host", host]), host);
  }
  for (const host of ["a, b", "a,b", "a b", "a/b", "u@a", "a:80:90", "a:x", "[::1", "[::1]x", "http://a", "a\\b"]) {
    assert.throws(() => readRaw(["Host", host]), malformedRequest.is, host);
  }
});

test("the frame of a body is told by its length, or by chunks since HTTP/1.1", () => {
  assert.equal(readRaw(["Host", "a", "Transfer-Encoding", "Chunked"]).chunked, true);
  assert.throws(() => readRaw(["Host", "a", "Transfer-Encoding", "gzip, chunked"]), malformedRequest.is);
  assert.throws(() => readRaw(["Transfer-Encoding", "chunked"], "1.0"), malformedRequest.is);
});

test("an upgrade is refused", () => {
  assert.throws(() => read("Connection", "Upgrade, HTTP2-Settings", "Upgrade", "h2c"), malformedRequest.is);
});

test("a call that wants to read the gateway's own headers does not start", () => {
  for (const name of ["x-user-id", "x_user_id", "x-forwarded-for", "traceparent", "host", "connection"]) {
    assert.throws(() => forwardedNames([name], false), new RegExp(name));
  }
});
