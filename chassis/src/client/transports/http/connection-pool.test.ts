import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { Readable } from "node:stream";
import { test } from "node:test";
import { type Asking, connectionPool } from "./connection-pool.ts";
import { answer, ask, rawServer } from "./raw-server.fixture.ts";
import type { UpstreamError } from "./upstream-error.ts";

test("one connection carries one request after the other", async (t) => {
  const server = await rawServer(t, (socket, text) => socket.write(answer(text.split(" ")[1] as string)));
  const pool = server.pool();
  const answers = await Promise.all(["/a", "/b", "/c"].map((path) => ask(pool, { path })));
  assert.deepEqual(
    answers.map(({ body }) => body),
    ["/a", "/b", "/c"],
  );
  assert.equal(server.sockets.length, 1);
  assert.equal(server.received[0], `GET /a HTTP/1.1\r\nhost: 127.0.0.1:${server.port}\r\n\r\n`);
});

test("answers are read as they are framed, however they are cut up", async (t) => {
  const framed: Record<string, [string, string]> = {
    GET: [`${answer("hi")}`, "hi"],
    PUT: [
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n1\r\nh\r\n00A\r\ni and more\r\n0\r\n\r\n",
      "hi and more",
    ],
    HEAD: ["HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n", ""],
    DELETE: ["HTTP/1.1 204 No Content\r\n\r\n", ""],
    POST: [`HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n${answer("done")}`, "done"],
  };
  const server = await rawServer(t, async (socket, text) => {
    const [bytes] = framed[text.split(" ")[0] as string] as [string, string];
    const step = text.includes("/slowly") ? 1 : bytes.length;
    for (let at = 0; at < bytes.length; at += step) {
      socket.write(bytes.slice(at, at + step));
      await new Promise(setImmediate);
    }
  });
  const pool = server.pool();
  for (const path of ["/", "/slowly"]) {
    for (const [method, [, body]] of Object.entries(framed)) {
      assert.equal((await ask(pool, { method, path })).body, body, method);
    }
  }
  assert.equal(server.sockets.length, 1);
});

test("a body is sent with its length, a stream in chunks", async (t) => {
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const data of request) body += data;
    const { "content-length": length, "transfer-encoding": coding } = request.headers;
    response.end(JSON.stringify([request.method, length, coding, body]));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const pool = connectionPool({ host: "127.0.0.1", port: (server.address() as { port: number }).port }, 1);
  t.after(() => {
    pool.destroy();
    server.close();
  });
  const sent = async (body: Buffer | Readable | undefined) =>
    JSON.parse((await ask(pool, { method: "PUT", body })).body);
  assert.deepEqual(await sent(undefined), ["PUT", "0", null, ""]);
  assert.deepEqual(await sent(Buffer.from("hello")), ["PUT", "5", null, "hello"]);
  const large = "x".repeat(300_000);
  assert.deepEqual(await sent(Readable.from([Buffer.from("a"), Buffer.from(large)])), [
    "PUT",
    null,
    "chunked",
    `a${large}`,
  ]);
});

test("a connection that the service is about to close is not used again", async (t) => {
  for (const last of ["connection: close", "connection: x, Close", "keep-alive: timeout=1"]) {
    const server = await rawServer(t, (socket) => socket.write(answer("", last)));
    const pool = server.pool();
    await ask(pool);
    await ask(pool);
    assert.equal(server.sockets.length, 2, last);
  }
});

test("a connection that ended while idle is replaced without anybody noticing", async (t) => {
  const server = await rawServer(t, (socket) => socket.end(answer("")));
  const pool = server.pool();
  await ask(pool);
  await new Promise((resolve) => server.sockets[0]?.once("close", resolve));
  assert.equal((await ask(pool)).status, 200);
});

test("what ends before the answer is broken, what was never there is unreachable", async (t) => {
  const silent = await rawServer(t, (socket) => socket.destroy());
  await assert.rejects(ask(silent.pool()), (error: UpstreamError) => error.fault === "broken");
  const half = await rawServer(t, (socket) => socket.end(answer("whole").slice(0, -2)));
  await assert.rejects(ask(half.pool()), (error: UpstreamError) => error.fault === "broken");
  const nobody = connectionPool({ host: "127.0.0.1", port: 1 }, 1);
  const asked = ["/a", "/b"].map((path) => ask(nobody, { path }));
  for (const each of asked) await assert.rejects(each, (error: UpstreamError) => error.fault === "unreachable");
});

test("who waits in line gets their turn, and who left it does not", async (t) => {
  const server = await rawServer(t, (socket, text) => socket.write(answer(text.split(" ")[1] as string)));
  const pool = server.pool();
  const first = ask(pool, { path: "/first" });
  void ask(pool, { path: "/left" }, (asking) => asking.cancel());
  const last = ask(pool, { path: "/last" });
  assert.equal((await first).body, "/first");
  assert.equal((await last).body, "/last");
  assert.deepEqual(
    server.received.map((text) => text.split(" ")[1]),
    ["/first", "/last"],
  );
});

test("cancelling ends the request's own connection, and after the answer nothing", async (t) => {
  const server = await rawServer(t, (socket, text) => text.includes("/quick") && socket.write(answer("")));
  const pool = server.pool(2);
  const over = Promise.withResolvers<{ cancel(): void }>();
  await ask(pool, { path: "/quick" }, (asking) => over.resolve(asking));
  const later = ask(pool, { path: "/never" });
  (await over.promise).cancel();
  const stopped = Promise.withResolvers<{ cancel(): void }>();
  void ask(pool, { path: "/never" }, (asking) => stopped.resolve(asking));
  while (server.received.length < 3) await new Promise(setImmediate);
  assert.equal(server.sockets[0]?.destroyed, false, "the request that came after is not hit");
  const closed = new Promise((resolve) => server.sockets[1]?.once("close", resolve));
  (await stopped.promise).cancel();
  await closed;
  pool.destroy();
  void later;
});

test("an answer that has to wait stops the service, until it may go on", async (t) => {
  const size = 20 * 1024 * 1024;
  const server = await rawServer(t, (socket) => {
    socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${size}\r\n\r\n`);
    socket.write(Buffer.alloc(size, "x"));
  });
  let taken = 0;
  let holding = true;
  const held = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  const asking = server.pool().ask(
    { method: "GET", path: "/", headers: [], body: undefined },
    {
      onHead() {},
      onData(data) {
        taken += data.length;
        held.resolve();
        return !holding;
      },
      onEnd: ended.resolve,
      onError: ended.reject,
    },
  );
  await held.promise;
  const before = taken;
  for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate);
  assert.equal(taken, before);
  holding = false;
  asking.resume();
  await ended.promise;
  assert.equal(taken, size);
});

test("an answer before the end of the request ends the connection with it", async (t) => {
  const server = await rawServer(t, (socket, _, pieces) => pieces === 1 && socket.write(answer("no")));
  const endless = new Readable({ read() {} });
  endless.push("a");
  const pool = server.pool();
  assert.equal((await ask(pool, { method: "POST", body: endless })).body, "no");
  await new Promise((resolve) => server.sockets[0]?.once("close", resolve));
  assert.equal(endless.destroyed, true);
});

test("a body that fails fails the request with its own error", async (t) => {
  const server = await rawServer(t, () => {});
  const failure = new Error("too large");
  const body = new Readable({ read() {} });
  body.push("a");
  const asked = ask(server.pool(), { method: "POST", body });
  while (server.received.length === 0) await new Promise(setImmediate);
  body.destroy(failure);
  await assert.rejects(asked, failure);
});

test("who asks is told how long the request waited for a connection", async (t) => {
  const free = Promise.withResolvers<void>();
  const server = await rawServer(t, async (socket) => {
    await free.promise;
    socket.write(answer("done"));
  });
  const pool = server.pool(1);
  const waits: number[] = [];
  const begin = (path: string) => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const onWaited = (waited: number) => void waits.push(waited);
    const request = { method: "GET", path, headers: [], body: undefined };
    pool.ask(request, { onWaited, onHead() {}, onData: () => true, onEnd: resolve, onError: reject });
    return promise;
  };
  const both = [begin("/first"), begin("/second")];
  assert.deepEqual(waits, [0]);
  free.resolve();
  await Promise.all(both);
  assert.equal(waits.length, 2);
  assert.ok((waits[1] as number) > 0);
});

test("who waits in line for longer than its patience fails as busy, and what comes later is not held up by it", async (t) => {
  const server = await rawServer(t, (socket, text) => {
    if (!text.startsWith("GET /held ")) socket.write(answer("done"));
  });
  const pool = server.pool(1, 20);
  const held: Asking[] = [];
  void ask(pool, { path: "/held" }, (asking) => held.push(asking));
  await assert.rejects(ask(pool, { path: "/late" }), ({ fault }: UpstreamError) => fault === "busy");
  held[0]?.cancel();
  assert.equal((await ask(pool, { path: "/after" })).body, "done");
  assert.ok(!server.received.some((text) => text.includes("/late")), "it was sent all the same");
});
