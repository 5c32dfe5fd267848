import assert from "node:assert/strict";
import { test } from "node:test";
import { answer, ask, rawServer } from "./raw-server.fixture.ts";
import type { UpstreamError } from "./upstream-error.ts";

const head = (...lines: string[]) => ["HTTP/1.1 200 OK", ...lines, "", ""].join("\r\n");
const chunked = (body: string) => head("transfer-encoding: chunked") + body;

const odd: Record<string, string> = {
  "a length and chunks": `${head("content-length: 2", "transfer-encoding: chunked")}2\r\nhi\r\n0\r\n\r\n`,
  "two lengths": `${head("content-length: 2", "content-length: 2")}hi`,
  "a list of lengths": `${head("content-length: 2, 2")}hi`,
  "a length with a sign": `${head("content-length: +2")}hi`,
  "a length in hex": `${head("content-length: 0x2")}hi`,
  "another coding": `${head("transfer-encoding: gzip, chunked")}0\r\n\r\n`,
  "chunks twice": `${head("transfer-encoding: chunked", "transfer-encoding: chunked")}0\r\n\r\n`,
  "no length and no chunks": `${head("content-type: text/plain")}hi`,
  "HTTP/1.0": answer("hi").replace("1.1", "1.0"),
  "HTTP/2": "HTTP/2 200 OK\r\ncontent-length: 0\r\n\r\n",
  "a status of two digits": answer("hi").replace("200", "20"),
  "no status line": "hello\r\n\r\n",
  "a folded line": `${head("x-a: 1", " 2", "content-length: 2")}hi`,
  "a blank before the colon": `${head("content-length : 2")}hi`,
  "a line without a colon": `${head("content-length: 2", "nonsense")}hi`,
  "a name that is none": `${head("content-length: 2", "x(a: 1")}hi`,
  "a bare line feed": `${head("content-length: 2", "x-a: 1\nx-b: 2")}hi`,
  "a bare carriage return": `${head("content-length: 2", "x-a: 1\rx-b: 2")}hi`,
  "a NUL": `${head("content-length: 2", "x-a: \0")}hi`,
  "a switch of protocols": "HTTP/1.1 101 Switching Protocols\r\nupgrade: h2c\r\n\r\n",
  "a body with 204": "HTTP/1.1 204 No Content\r\ncontent-length: 2\r\n\r\nhi",
  "bytes behind the answer": `${answer("hi")}HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\nsmuggled`,
  "bytes behind an empty answer": `${answer("")}x`,
  "bytes behind the chunks": chunked("0\r\n\r\nx"),
  "a chunk size that is none": chunked("zz\r\nhi\r\n0\r\n\r\n"),
  "a chunk size with a blank": chunked("2 \r\nhi\r\n0\r\n\r\n"),
  "a chunk size that overflows": chunked("100000002\r\nhi\r\n0\r\n\r\n"),
  "a chunk extension": chunked("2;a=b\r\nhi\r\n0\r\n\r\n"),
  "a chunk longer than it says": chunked("2\r\nhiho\r\n0\r\n\r\n"),
  "a chunk line that ends with a line feed": chunked("2\nhi\r\n0\r\n\r\n"),
  "a chunk line that ends with half a line break": chunked("2\rxhi\r\n0\r\n\r\n"),
  trailers: chunked("0\r\nx-a: 1\r\n\r\n"),
  "a head without end": `HTTP/1.1 200 OK\r\n${"x-a: 1\r\n".repeat(10_000)}`,
  "endless interim answers": "HTTP/1.1 100 Continue\r\n\r\n".repeat(5_000),
  "more headers than anybody needs": `${head(...Array<string>(150).fill("x: 1"), "content-length: 2")}hi`,
};

for (const [what, bytes] of Object.entries(odd)) {
  test(`${what}: the connection ends and the answer is an error`, async (t) => {
    const server = await rawServer(t, (socket) => socket.write(bytes, "latin1"));
    const pool = server.pool();
    const first = ask(pool);
    await assert.rejects(first, (error: UpstreamError) => error.fault === "odd");
    await assert.rejects(ask(pool), (error: UpstreamError) => error.fault === "odd");
    assert.equal(server.sockets.length, 2, "the next request has a connection of its own");
  });

  test(`${what}, byte by byte: the same`, async (t) => {
    const server = await rawServer(t, async (socket) => {
      const step = Math.max(1, Math.floor(bytes.length / 200));
      for (let at = 0; at < bytes.length; at += step) {
        socket.write(bytes.slice(at, at + step), "latin1");
        await new Promise(setImmediate);
      }
    });
    // Behind a whole answer that came alone, more bytes end the connection only.
    const whole = /behind (the|an)/.test(what);
    const got = ask(server.pool()).then(
      () => (whole ? "odd" : "answered"),
      (error: UpstreamError) => error.fault,
    );
    assert.equal(await got, "odd");
  });
}

test("what comes on an idle connection is no answer to the next request", async (t) => {
  const server = await rawServer(t, (socket, _, pieces) =>
    socket.write(pieces === 1 ? answer("first") : answer("next")),
  );
  const pool = server.pool();
  assert.equal((await ask(pool)).body, "first");
  const closed = new Promise((resolve) => server.sockets[0]?.once("close", resolve));
  server.sockets[0]?.write(answer("poison"));
  await closed;
  assert.notEqual((await ask(pool)).body, "poison");
  assert.equal(server.sockets.length, 2);
});

test("a request that could end a line early is not sent", async (t) => {
  const server = await rawServer(t, (socket) => socket.write(answer("")));
  const pool = server.pool();
  for (const request of [
    { path: "/a b" },
    { path: "/a\r\nx: 1" },
    { headers: ["x", "1\r\ny: 2"] },
    { headers: ["x", "\u010d\u010a"] },
    { headers: ["x", "\0"] },
  ]) {
    assert.throws(() => ask(pool, request), TypeError);
  }
  assert.equal((await ask(pool)).status, 200, "and costs no connection");
});
