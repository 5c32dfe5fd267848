import assert from "node:assert/strict";
import { connect } from "node:net";
import { test } from "node:test";
import { createMetrics } from "../../telemetry/metrics.ts";
import { eventually } from "../../testing/eventually.ts";
import { bodyOf, problemOf } from "../gateway.fixture.ts";
import { begun, bell, sharing } from "./shared-connections.fixture.ts";

test("an answer that does not come in time is the failure of its request alone", async (t) => {
  const { ask, untilShared } = await sharing(t);
  await untilShared();
  const late = ask("/brief", { method: "POST" });
  const others: Promise<Response>[] = [];
  const asking = setInterval(() => others.push(ask("/songs/b")), 50);
  const response = await late;
  clearInterval(asking);
  assert.equal(response.status, 504);
  assert.equal((await problemOf(response))["code"], "deadline_exceeded");
  for (const other of await Promise.all(others)) assert.equal(other.status, 200);
});

test("a large answer comes whole, and those that follow it have a connection of their own", async (t) => {
  const { service, ask, untilShared } = await sharing(t);
  await untilShared();
  const before = service.overHttp.length;
  const read = async (times: number) => (await bodyOf(await ask(`/songs/x?times=${times}`)))["title"];
  const text = "x".repeat(100_000);
  assert.ok((await read(100_000)) === text);
  assert.equal(service.overHttp.length, before);
  assert.ok((await read(100_000)) === text);
  assert.equal(await read(1), "x");
  assert.equal(service.overHttp.length, before + 2);
});

test("what is too much for it waits in line for a second, and is refused; fewer are let in then", async (t) => {
  const metrics = createMetrics("gateway");
  const limit = async () => Number(/^requests_limit\{.*\} (\d+)/m.exec(await metrics.text())?.[1]);
  const { service, ask, untilShared } = await sharing(t, { metrics });
  await untilShared();
  const before = { begun: begun.length, overHttp: service.overHttp.length };
  const statuses: number[] = [];
  const asked = Array.from({ length: 270 }, async () =>
    statuses.push((await ask("/dawdle", { method: "POST" })).status),
  );
  await eventually(() => statuses.length === 14);
  assert.deepEqual(new Set(statuses), new Set([503]));
  assert.equal(begun.length, before.begun + 256);
  assert.equal((await ask("/dawdle", { method: "POST" })).status, 503);
  assert.ok((await limit()) < 2_000);
  bell.emit("ring");
  await Promise.all(asked);
  assert.deepEqual(new Set(statuses.slice(14)), new Set([204]));
  assert.equal((await ask("/songs/a")).status, 200);
  assert.deepEqual([begun.length, service.overHttp.length], [before.begun + 256, before.overHttp]);
});

test("a client that does not read a large answer is cut off when the time of its call is over", async (t) => {
  const { url, untilShared, requestLines } = await sharing(t);
  await untilShared();
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  t.after(() => socket.destroy());
  socket.pause();
  socket.write("GET /api/scroll HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ann\r\n\r\n");
  const line = await eventually(() => requestLines().find(({ route }) => route === "/api/scroll"));
  assert.equal(line["cutOff"], true);
});

test("an answer that is larger than a connection shall hold is asked for once more, alone", async (t) => {
  const { service, ask, untilShared } = await sharing(t);
  await untilShared();
  const before = service.overHttp.length;
  for (let count = 1; count <= 2; count++) {
    const response = await ask("/songs/x?times=9000000");
    assert.equal(response.status, 200);
    assert.equal((await response.arrayBuffer()).byteLength, 9_000_000 + '{"title":""}'.length);
    assert.equal(service.overHttp.length, before + count);
  }
});
