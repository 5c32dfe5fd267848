import assert from "node:assert/strict";
import { connect } from "node:net";
import { test } from "node:test";
import { answerJson } from "../../testing/servers/http-server.ts";
import { oddServer } from "../edge/odd-server.fixture.ts";
import { bodyOf, gatewayTo, libraryServer, problemOf, sendBytes } from "../gateway.fixture.ts";

const json = { "content-type": "application/json" };

test("bodies and answers go through byte by byte, also without an announced length", async (t) => {
  const service = await libraryServer(t, (request, response) => response.writeHead(201, json).end(request.body));
  const { url } = await gatewayTo(t, [service.url]);
  const body = JSON.stringify({ title: "ünï".repeat(5_000) });
  for (const sent of [body, new Blob([body]).stream()]) {
    const response = await fetch(`${url}/api/auth/login`, {
      method: "POST",
      headers: json,
      body: sent,
      duplex: "half",
    });
    assert.equal(response.status, 201);
    assert.equal(await response.text(), body);
  }
});

test("a large body is streamed where the call allows one", async (t) => {
  const service = await libraryServer(t, (request, response) =>
    answerJson(response, 200, { size: request.body.length }),
  );
  const { url } = await gatewayTo(t, [service.url]);
  const body = "x".repeat(900_000);
  for (const sent of [body, new Blob([body]).stream()]) {
    const response = await fetch(`${url}/api/scans/1`, { method: "PUT", headers: json, body: sent, duplex: "half" });
    assert.deepEqual(await bodyOf(response), { size: 900_000 });
  }
});

for (const [path, method, limit] of [
  ["/api/auth/login", "POST", 64 * 1024],
  ["/api/scans/1", "PUT", 1_000_000],
] as const) {
  test(`${method} ${path} with more than its ${limit} bytes is refused, announced or not`, async (t) => {
    const received: string[] = [];
    const service = await oddServer(t, (socket, first) => {
      received.push(first);
      socket.on("data", (data) => received.push(data.toString("latin1")));
    });
    const { url } = await gatewayTo(t, [service.url]);
    const body = "x".repeat(10_000_000);
    for (const sent of [body, new Blob([body]).stream()]) {
      const response = await fetch(url + path, { method, headers: json, body: sent, duplex: "half" });
      assert.equal(response.status, 413);
      const { code, errors } = (await problemOf(response)) as { code: string; errors: unknown };
      assert.equal(code, "body_too_large");
      assert.deepEqual(errors, [{ path: "", message: `must be at most ${limit} bytes` }]);
    }
    assert.doesNotMatch(received.join(""), /\r\n0\r\n\r\n$/, "no request reached the service whole");
  });
}

test("a client that asks before it sends too much is told no at once", async (t) => {
  const { url } = await gatewayTo(t, []);
  const head = ["POST /api/auth/login HTTP/1.1", "Host: a", "Content-Length: 9000000", "Expect: 100-continue", "", ""];
  const answer = await sendBytes(url, head.join("\r\n"));
  assert.match(answer, /^HTTP\/1.1 413 /);
  assert.match(answer, /connection: close/i);
});

test("a body without end is cut off, whatever the answer was", async (t) => {
  const { url } = await gatewayTo(t, []);
  const socket = connect({ host: "127.0.0.1", port: Number(new URL(url).port) });
  const closed = new Promise((resolve) => socket.on("close", resolve));
  socket.on("error", () => {});
  socket.resume();
  const chunk = `100000\r\n${"x".repeat(0x100000)}\r\n`;
  const pour = () => {
    while (!socket.destroyed && socket.write(chunk));
  };
  socket.on("drain", pour);
  socket.write("POST /api/nothing HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  pour();
  await closed;
});

const chunked = (path: string, method: string, chunk: string, count: number) =>
  [
    `${method} ${path} HTTP/1.1`,
    "Host: a",
    "Content-Type: application/json",
    "Transfer-Encoding: chunked",
    "Connection: close",
    "",
    `${`${chunk.length.toString(16)}\r\n${chunk}\r\n`.repeat(count)}0\r\n\r\n`,
  ].join("\r\n");

for (const [path, method] of [
  ["/api/auth/login", "POST"],
  ["/api/scans/1", "PUT"],
] as const) {
  test(`${method} ${path}: a body that comes in a great many small parts is refused, one in many parts is not`, async (t) => {
    const service = await libraryServer(t, (_, response) => answerJson(response, 200, {}));
    const { url } = await gatewayTo(t, [service.url]);
    for (const [chunk, count] of [
      ["x", 500],
      ["x".repeat(64), 1_000],
    ] as const) {
      assert.match(await sendBytes(url, chunked(path, method, chunk, count)), /^HTTP\/1\.1 200 /);
    }
    const deaf = await gatewayTo(t, [(await oddServer(t, (socket) => socket.resume())).url]);
    assert.match(await sendBytes(deaf.url, chunked(path, method, "x", 3_000)), /^HTTP\/1\.1 400 /);
  });
}
