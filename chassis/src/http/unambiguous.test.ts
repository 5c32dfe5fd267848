import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { sendBytes } from "../gateway/gateway.fixture.ts";
import { createHttpServer } from "../service/http/http-server.ts";
import { createLog } from "../telemetry/log.ts";
import { createMetrics } from "../telemetry/metrics.ts";

/** A service that notes which of its things were asked for. */
async function serve(t: TestContext) {
  const health = { service: "things", ready: () => true, draining: () => false, reachable: async () => true };
  const server = createHttpServer(health, createLog({ service: "things", level: "silent" }), createMetrics("things"));
  const asked: string[] = [];
  server.get<{ Params: { id: string } }>("/things/:id", async ({ params }) => {
    asked.push(params.id);
    return {};
  });
  t.after(() => server.close());
  return { url: await server.listen({ host: "127.0.0.1", port: 0 }), asked };
}

const get = (...lines: string[]) => ["GET /things/first HTTP/1.1", ...lines, "", ""].join("\r\n");
const behind = "GET /things/behind HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

const ambiguous: Record<string, string> = {
  "two Hosts": get("Host: a", "Host: b"),
  "two tokens": get("Host: a", "Authorization: Bearer a", "Authorization: Bearer b"),
  "two types": get("Host: a", "Content-Type: application/json", "Content-Type: text/plain"),
  "two keys": get("Host: a", "Idempotency-Key: a", "Idempotency-Key: b"),
  "absolute form": "GET http://other.example/things/first HTTP/1.1\r\nHost: a\r\n\r\n",
  "absolute form of the service": "GET http://127.0.0.1/things/first HTTP/1.1\r\nHost: a\r\n\r\n",
  "an upgrade": get("Host: a", "Connection: Upgrade", "Upgrade: h2c"),
};

for (const [what, bytes] of Object.entries(ambiguous)) {
  test(`${what}: one problem, the connection ends, and what comes behind is not handled`, async (t) => {
    const { url, asked } = await serve(t);
    const text = await sendBytes(url, bytes + behind);
    assert.equal(text.match(/HTTP\/1\.1 \d{3}/g)?.join(), "HTTP/1.1 400");
    assert.match(text, /"code":"malformed_request"/);
    assert.deepEqual(asked, []);
  });
}

for (const asked of ["GET /nothing", "GET /%zz", "PUT /things/first", "GET /health", "GET /metrics"]) {
  test(`two Hosts are refused before ${asked} is looked at`, async (t) => {
    const { url, asked: begun } = await serve(t);
    const text = await sendBytes(url, `${asked} HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n${behind}`);
    assert.equal(text.match(/HTTP\/1\.1 \d{3}/g)?.join(), "HTTP/1.1 400");
    assert.deepEqual(begun, []);
  });
}

test("what is not HTTP is answered with a problem, and HTTP/1.0 without a Host like others", async (t) => {
  const { url, asked } = await serve(t);
  const text = await sendBytes(url, "garbage\r\n\r\n");
  assert.match(text, /^HTTP\/1\.1 400 .*application\/problem\+json.*"code":"malformed_request"/s);
  assert.match(await sendBytes(url, "GET /things/old HTTP/1.0\r\n\r\n"), /^HTTP\/1\.1 200 /);
  assert.deepEqual(asked, ["old"]);
});

test("requests that are plain are handled one after the other", async (t) => {
  const { url, asked } = await serve(t);
  await sendBytes(url, get("Host: a") + behind);
  assert.deepEqual(asked, ["first", "behind"]);
});
