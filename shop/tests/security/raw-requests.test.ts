import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { before, beforeEach, describe, test } from "node:test";
import { staticDiscovery } from "@flotilla/chassis/discovery/static";
import { newServiceKey } from "@flotilla/chassis/identity/signing-key";
import { fileCleanup } from "@flotilla/chassis/testing/file-cleanup";
import { contracts } from "@flotilla/contracts/shop";
import { startGateway } from "../../gateway/src/service.ts";
import { type RecordingServer, recordingServer } from "./recording-server.ts";

let gateway: string;
let upstream: RecordingServer;

/** The shop's gateway before something that keeps every byte that reaches it, whatever service it is meant for. */
before(async () => {
  upstream = await recordingServer(fileCleanup);
  const folder = await mkdtemp(join(tmpdir(), "gateway-"));
  fileCleanup.after(() => rm(folder, { recursive: true }));
  const keyFile = join(folder, "gateway.json");
  await writeFile(keyFile, JSON.stringify((await newServiceKey("gateway")).privateJwk));
  const discovery = staticDiscovery(Object.fromEntries(contracts.map(({ service }) => [service, [upstream.url]])));
  const running = await startGateway({ environment: { LOG_LEVEL: "silent", SERVICE_KEY_FILE: keyFile }, discovery });
  fileCleanup.after(() => running.stop());
  gateway = running.url;
});
beforeEach(() => upstream.forget());

/** Sends bytes as they are; resolves with all that came back when the gateway closed the connection, or it was quiet for a while. */
function sendBytes(bytes: string): Promise<{ text: string; closed: boolean }> {
  const { promise, resolve } = Promise.withResolvers<{ text: string; closed: boolean }>();
  let text = "";
  let whole: NodeJS.Timeout | undefined;
  const socket = connect(Number(new URL(gateway).port), "127.0.0.1");
  const done = (closed: boolean) => {
    clearTimeout(whole);
    socket.destroy();
    resolve({ text, closed });
  };
  socket.setEncoding("latin1");
  socket.on("data", (part) => {
    text += part;
    clearTimeout(whole);
    whole = setTimeout(() => done(false), 300);
  });
  socket.on("error", () => {});
  socket.on("close", () => done(true));
  socket.write(Buffer.from(bytes, "latin1"));
  return promise;
}

const statusesOf = (text: string) => Array.from(text.matchAll(/HTTP\/1\.1 (\d{3})/g), ([, status]) => Number(status));
const requestsIn = (bytes: string) => bytes.match(/ HTTP\/1\.1\r\n/g)?.length ?? 0;

const get = (...lines: string[]) => ["GET /api/products HTTP/1.1", ...lines, "", ""].join("\r\n");
const post = (...lines: string[]) => ["POST /api/auth/login HTTP/1.1", "Host: a", ...lines, "", ""].join("\r\n");
const inner = "GET /api/products/smuggled HTTP/1.1\r\nHost: a\r\n\r\n";

const smuggling: Record<string, string> = {
  "CL and TE": `${post("Content-Length: 4", "Transfer-Encoding: chunked")}0\r\n\r\n${inner}`,
  "TE and CL": `${post("Transfer-Encoding: chunked", "Content-Length: 5")}0\r\n\r\n${inner}`,
  "two TE": `${post("Transfer-Encoding: chunked", "Transfer-Encoding: identity")}0\r\n\r\n${inner}`,
  "TE with a tab": `${post("Transfer-Encoding:\tchunked", "Content-Length: 5")}0\r\n\r\n${inner}`,
  "TE behind a space": `${post("Transfer-Encoding : chunked")}0\r\n\r\n${inner}`,
  "TE xchunked": `${post("Transfer-Encoding: xchunked")}0\r\n\r\n${inner}`,
  "TE in a folded line": `${post("X: a", " Transfer-Encoding: chunked")}0\r\n\r\n${inner}`,
  "two CL": `${post("Content-Length: 2", "Content-Length: 60")}{}${inner}`,
  "twice the same CL": `${post("Content-Length: 2", "Content-Length: 2")}{}${inner}`,
  "a negative CL": `${post("Content-Length: -1")}${inner}`,
  "a CL with a sign": `${post("Content-Length: +2")}{}${inner}`,
  "a CL in hex": `${post("Content-Length: 0x2")}{}${inner}`,
  "a CL of text": `${post("Content-Length: two")}{}${inner}`,
  "a huge CL": post("Content-Length: 99999999999999999999999999"),
  "a chunk size of nonsense": `${post("Transfer-Encoding: chunked")}zz\r\n{}\r\n0\r\n\r\n${inner}`,
  "a chunk size that overflows": `${post("Transfer-Encoding: chunked")}fffffffffffffffff1\r\n{}\r\n0\r\n\r\n${inner}`,
  "a chunk without its end": `${post("Transfer-Encoding: chunked")}2\r\n{}XX0\r\n\r\n${inner}`,
  "bare LF": `GET /api/products HTTP/1.1\nHost: a\n\n${inner}`,
  "bare LF in the middle": `GET /api/products HTTP/1.1\r\nHost: a\nX-A: b\r\n\r\n${inner}`,
  "bare CR": get("Host: a", "Accept: a\rX-A: b"),
  "obs-fold": get("Host: a", "Accept: a,", " b"),
  "a NUL in a value": get("Host: a", "Accept: a\0b"),
  "a header without a name": get("Host: a", ": b"),
  "a space in a name": get("Host: a", "X A: b"),
  "two Hosts": get("Host: a", "Host: b"),
  "no Host": get(),
  "absolute form": "GET http://internal.example/api/products HTTP/1.1\r\nHost: a\r\n\r\n",
  "absolute form of the service": "GET http://127.0.0.1:1/api/products HTTP/1.1\r\nHost: a\r\n\r\n",
  "an upgrade to h2c": get("Host: a", "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMA"),
  "an upgrade to a websocket": get("Host: a", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Key: eA=="),
  "HTTP/2": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
  "HTTP/0.9": "GET /api/products\r\n\r\n",
  "HTTP/3.7": "GET /api/products HTTP/3.7\r\nHost: a\r\n\r\n",
  "a method of control characters": "G\x01T /api/products HTTP/1.1\r\nHost: a\r\n\r\n",
  "64 kB in one header": get("Host: a", `Accept: ${"x".repeat(64 * 1024)}`),
  "64 kB in many headers": get("Host: a", ...Array.from({ length: 4_000 }, (_, n) => `X-${n}: 0123456`)),
  "a target of 64 kB": `GET /api/products?search=${"x".repeat(64 * 1024)} HTTP/1.1\r\nHost: a\r\n\r\n`,
  nothing: "\0\0\0\0\r\n\r\n",
};

describe("bytes that two readers could take for two things", { concurrency: 1 }, () => {
  for (const [what, bytes] of Object.entries(smuggling)) {
    test(`${what}: one answer of 4xx, the connection ends, no service hears of it`, async () => {
      const { text, closed } = await sendBytes(bytes);
      const [status = 0, ...others] = statusesOf(text);
      assert.ok(status >= 400 && status < 500, text.slice(0, 200));
      assert.deepEqual([others, closed], [[], true]);
      assert.equal(upstream.received(), "");
    });
  }

  test("what is behind the body of a request is a request of its own, once", async () => {
    await sendBytes(`${post("Content-Type: application/json", "Content-Length: 2")}{}${inner}`);
    assert.equal(requestsIn(upstream.received()), 2);
    for (const line of [/^POST \/auth\/login /m, /^GET \/products\/smuggled /m])
      assert.match(upstream.received(), line);
  });

  test("a GET with a body carries none on", async () => {
    await sendBytes(`GET /api/products HTTP/1.1\r\nHost: a\r\nContent-Length: ${inner.length}\r\n\r\n${inner}`);
    assert.equal(requestsIn(upstream.received()), 1);
    assert.doesNotMatch(upstream.received(), /smuggled|content-length/i);
  });
});

/** Paths that some reader could take for another one. */
const odd = [
  ...["/api/products/..%2fusers", "/api/products/%2e%2e/users", "/api/products/../users", "/api/./products"],
  ...[
    "/api//products",
    "//api/products",
    "/api/products;a=1",
    "/api/products%3ba=1",
    "/api\\products",
    "/api%5cproducts",
  ],
  ...[
    "/api/products/%252e%252e/users",
    "/api/products/%252fx",
    "/api/products/a%2fb",
    "/api/products/%00",
    "/api/products/a%0d%0ab",
  ],
  ...["/api/products/%", "/api/products/%zz", "/api/products/%c3", "/api/products/%ed%a0%80", "/api/products/a%23b"],
  ...[
    "/api/products/",
    "/API/products",
    "/api/Products",
    "/api/products/x/",
    "/api/products/.",
    "/.well-known/../api/users",
  ],
  ...["/product-summaries?ids=x", "/api/product-summaries?ids=x", "/api/ended-sessions", "/api/%65nded-sessions"],
  ...["/api/contacts/x", "/api/c%6fntacts/x", "/api/reservations/x", "/health/../api/users", "/health/live%2f.."],
];

describe("a path has one reading", { concurrency: 1 }, () => {
  for (const path of odd) {
    test(`${path} leads nowhere`, async () => {
      const { text } = await sendBytes(`GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
      const [status = 0] = statusesOf(text);
      assert.ok(status === 400 || status === 404 || status === 405, text.slice(0, 200));
      assert.equal(upstream.received(), "");
    });
  }

  test("an escape that means a plain letter is that letter, for the service too", async () => {
    await sendBytes("GET /api/%70roducts/%61bc?a=%2F HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assert.match(upstream.received(), /^GET \/products\/abc\?a=%2F HTTP\/1\.1\r\n/);
  });
});

test("a service sees of a request what the gateway lets on, and what the gateway alone says", async () => {
  const claims = [
    ...[
      "X-User-Id: root",
      "x_user_id: root",
      "X-User-Role: admin",
      "X-Forwarded-For: 1.2.3.4",
      "Forwarded: for=1.2.3.4",
    ],
    ...[
      "X-Forwarded-By: x.y.z",
      "X-Forwarded-Host: evil",
      "X-Real-IP: 1.2.3.4",
      "X-Original-URL: /users",
      "X-Rewrite-URL: /users",
    ],
    ...["baggage: a=b", "tracestate: a=b", "traceparent: 00-11111111111111111111111111111111-2222222222222222-01"],
    ...["X-Request-Id: mine", "X-Deadline-Ms: 1", "Cookie: a=b", "X-HTTP-Method-Override: DELETE", "TE: trailers"],
    ...[
      "Keep-Alive: timeout=1",
      "Proxy-Authorization: Basic eA==",
      "Expect-CT: x",
      "X-Own: 1",
      "Authorization: Bearer t",
    ],
    ...["Connection: close, authorization, accept", "Accept: text/evil"],
  ];
  await sendBytes(get("Host: evil.example", ...claims));
  const [, ...lines] = upstream.received().split("\r\n\r\n")[0]?.split("\r\n") ?? [];
  const headers = new Map(lines.map((line) => [line.split(":")[0]?.toLowerCase(), line.slice(line.indexOf(":") + 2)]));
  const known = ["host", "connection", "x-request-id", "traceparent", "x-forwarded-for", "x-deadline-ms"];
  for (const name of headers.keys()) assert.ok(known.includes(name as string), `${name}: ${headers.get(name)}`);
  assert.equal(headers.get("host"), new URL(upstream.url).host);
  assert.equal(headers.get("x-forwarded-for"), "127.0.0.1");
  assert.notEqual(headers.get("x-request-id"), "mine");
  assert.doesNotMatch(headers.get("traceparent") ?? "", /1{32}/);
  assert.ok(Number(headers.get("x-deadline-ms")) > 1_000);
});

test("a body without end is refused when it is too much, and its connection ends", async () => {
  const chunk = `8000\r\n${"x".repeat(0x8000)}\r\n`;
  const { text } = await sendBytes(
    post("Content-Type: application/json", "Transfer-Encoding: chunked") + chunk.repeat(40),
  );
  assert.deepEqual(statusesOf(text), [413]);
  assert.equal(upstream.received(), "");
});
