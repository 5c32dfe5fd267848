import assert from "node:assert/strict";
import { test } from "node:test";
import { cleanResponseHeaders, DATA_POLICY } from "./response-headers.ts";

const cleanRaw = (headers: string[]) => cleanResponseHeaders(headers, "/api").slice(DATA_POLICY.length);
const clean = (headers: Record<string, string>) => cleanRaw(Object.entries(headers).flat());

test("what the client needs goes on", () => {
  const headers = {
    "content-type": "application/json",
    etag: '"1"',
    "content-length": "2",
    "cache-control": "no-cache",
  };
  assert.deepEqual(clean(headers), Object.entries(headers).flat());
  const cookies = ["set-cookie", "a=1", "set-cookie", "b=2"];
  assert.deepEqual(cleanRaw(cookies), cookies);
});

test("what is for one hop, tells of insides, or is the gateway's to say, does not", () => {
  const names = ["connection", "keep-alive", "transfer-encoding", "server", "x-powered-by", "via", "x-request-id"];
  const more = ["access-control-allow-origin", "ratelimit", "content-security-policy", "x-deadline-ms"];
  assert.deepEqual(clean(Object.fromEntries([...names, ...more].map((name) => [name, "x"]))), []);
  assert.deepEqual(clean({ connection: "close, X-Inside", "x-inside": "1" }), []);
});

test("a location on the service becomes one behind the prefix", () => {
  assert.deepEqual(clean({ location: "/orders/1" }), ["location", "/api/orders/1"]);
  assert.deepEqual(clean({ location: "/api/orders/1" }), ["location", "/api/orders/1"]);
  assert.deepEqual(clean({ location: "https://pay.example/1" }), ["location", "https://pay.example/1"]);
});
