import assert from "node:assert/strict";
import { test } from "node:test";
import { sendBytes } from "../gateway/gateway.fixture.ts";
import { createHttpServer } from "../service/http/http-server.ts";
import { createLog } from "../telemetry/log.ts";
import { createMetrics } from "../telemetry/metrics.ts";

test("what is too much is refused when it is too much, and nobody waits for the rest", async (t) => {
  const health = { service: "things", ready: () => true, draining: () => false, reachable: async () => true };
  const server = createHttpServer(health, createLog({ service: "things", level: "silent" }), createMetrics("things"));
  server.post("/notes", async () => ({}));
  t.after(() => server.close());
  const url = await server.listen({ host: "127.0.0.1", port: 0 });
  const head = ["POST /notes HTTP/1.1", "Host: a", "Connection: close", "Content-Type: application/json"];
  const post = (framing: string) => [...head, framing, "", ""].join("\r\n");
  const chunked = post("Transfer-Encoding: chunked");
  for (const bytes of [
    post("Content-Length: 1000000000"),
    `${chunked}10001\r\n${"x".repeat(0x10001)}\r\n`,
    `${chunked}ffffffff\r\n${'{"a":'.repeat(0x4000)}`,
  ]) {
    assert.match(await sendBytes(url, bytes), /^HTTP\/1\.1 413 /);
  }
});
