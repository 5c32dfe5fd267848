import assert from "node:assert/strict";
import { before, beforeEach, describe, test } from "node:test";
import { fileCleanup } from "@flotilla/chassis/testing";
import { gatewaysAlone } from "../gateways.ts";
import type { RecordingServer } from "../recording-server.ts";
import { get, inner, oddPaths, post, sendBytes, smuggling, statusesOf } from "./raw-bytes.ts";

let gateway: string;
let upstream: RecordingServer;

before(async () => {
  const gateways = await gatewaysAlone(fileCleanup);
  upstream = gateways.upstream;
  gateway = await gateways.startWith({});
});
beforeEach(() => upstream.forget());

const requestsIn = (bytes: string) => bytes.match(/ HTTP\/1\.1\r\n/g)?.length ?? 0;

describe("bytes that two readers could take for two things", { concurrency: 1 }, () => {
  for (const [what, bytes] of Object.entries(smuggling)) {
    test(`${what}: one answer of 4xx, the connection ends, no service hears of it`, async () => {
      const { text, closed } = await sendBytes(gateway, bytes + inner);
      const [status = 0, ...others] = statusesOf(text);
      assert.ok(status >= 400 && status < 500, text.slice(0, 200));
      assert.deepEqual([others, closed], [[], true]);
      assert.equal(upstream.received(), "");
    });
  }

  test("what is behind the body of a request is a request of its own, once", async () => {
    await sendBytes(gateway, `${post("Content-Type: application/json", "Content-Length: 2")}{}${inner}`);
    assert.equal(requestsIn(upstream.received()), 2);
    for (const line of [/^POST \/auth\/login /m, /^GET \/products\/smuggled /m])
      assert.match(upstream.received(), line);
  });

  test("a GET with a body carries none on", async () => {
    await sendBytes(
      gateway,
      `GET /api/products HTTP/1.1\r\nHost: a\r\nContent-Length: ${inner.length}\r\n\r\n${inner}`,
    );
    assert.equal(requestsIn(upstream.received()), 1);
    assert.doesNotMatch(upstream.received(), /smuggled|content-length/i);
  });
});

/** What is internal, however it is written. */
const internal = [
  ...["/product-summaries?ids=x", "/api/product-summaries?ids=x", "/api/ended-sessions", "/api/%65nded-sessions"],
  ...["/api/contacts/x", "/api/c%6fntacts/x", "/api/reservations/x", "/health/../api/users", "/health/live%2f.."],
  "/.well-known/../api/users",
];

describe("a path has one reading", { concurrency: 1 }, () => {
  for (const path of [...oddPaths.map((path) => `/api${path}`), "//api/products", "/API/products", ...internal]) {
    test(`${path} leads nowhere`, async () => {
      const { text } = await sendBytes(gateway, `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
      const [status = 0] = statusesOf(text);
      assert.ok(status === 400 || status === 404 || status === 405, text.slice(0, 200));
      assert.equal(upstream.received(), "");
    });
  }

  test("an escape that means a plain letter is that letter, for the service too", async () => {
    await sendBytes(gateway, "GET /api/%70roducts/%61bc?a=%2F HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
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
  await sendBytes(gateway, get("Host: evil.example", ...claims));
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

describe("what is too much is refused when it is too much, and nobody waits for the rest", () => {
  const json = "Content-Type: application/json";
  const chunked = post(json, "Transfer-Encoding: chunked");
  const tooMuch: Record<string, string> = {
    "a gigabyte that is announced, before any of it came": post(json, "Content-Length: 1000000000"),
    "chunks without end, after one byte too many": `${chunked}10001\r\n${"x".repeat(0x10001)}\r\n`,
    "a chunk without end": `${chunked}ffffffff\r\n${"x".repeat(0x10001)}`,
    "openings without end": `${chunked}ffffffff\r\n${'{"a":'.repeat(0x4000)}`,
  };
  for (const [what, bytes] of Object.entries(tooMuch)) {
    test(what, async () => {
      const { text } = await sendBytes(gateway, bytes);
      assert.deepEqual(statusesOf(text), [413]);
      assert.equal(upstream.received(), "");
    });
  }
});
