import assert from "node:assert/strict";
import { connect } from "node:net";
import { test } from "node:test";
import { FrameKind, frameText, headOf } from "../../client/transports/multiplex/frame.ts";
import { PROTOCOL, UPGRADE_PATH } from "../../client/transports/multiplex/offer.ts";
import { deadlineExceeded, unavailable, upstreamFailed } from "../../core/failure/failure.ts";
import { eventually } from "../../testing/eventually.ts";
import { clientOf, serveMultiplexed, untilMultiplexed } from "./multiplex.fixture.ts";
import { begun, codeOf, given, handlers, params, things } from "./things.fixture.ts";

test("whoever gives up frees the service, and nobody else", async (t) => {
  const { url, overHttp } = await serveMultiplexed(t, things, handlers);
  const { call } = clientOf(t, things, url);
  await untilMultiplexed(overHttp, () => call.drop({ params }));
  begun.length = 0;
  given.length = 0;
  const waiting = call.dawdle({});
  waiting.catch(() => {});
  await eventually(() => begun.length === 1);
  await assert.rejects(call.dawdle({}, { timeout: 150 }), deadlineExceeded.is);
  await eventually(() => given[1]?.aborted === true);
  assert.equal(given[0]?.aborted, false);
  assert.equal(await codeOf(call.drop({ params })), "none");
});

test("a service that stops answers what is under way, and is sent nothing more", async (t) => {
  const leave = Promise.withResolvers<void>();
  const service = await serveMultiplexed(t, things, {
    ...handlers,
    async make({ body }) {
      await leave.promise;
      return body;
    },
  });
  const { call } = clientOf(t, things, service.url);
  await untilMultiplexed(service.overHttp, () => call.drop({ params }));
  const body = { name: "cup", count: 1 };
  const waiting = Array.from({ length: 50 }, () => call.make({ body }));
  await call.drop({ params });
  const stopped = service.stop();
  leave.resolve();
  assert.deepEqual(new Set((await Promise.all(waiting)).map((made) => JSON.stringify(made))).size, 1);
  await stopped;
  await assert.rejects(call.drop({ params }), (error) => unavailable.is(error) || upstreamFailed.is(error));
});

test("a service that ends in the middle fails its calls, and is found again on its address", async (t) => {
  const first = await serveMultiplexed(t, things, handlers);
  const { call } = clientOf(t, things, first.url);
  await untilMultiplexed(first.overHttp, () => call.drop({ params }));
  begun.length = 0;
  const waiting = call.dawdle({});
  await eventually(() => begun.length === 1);
  first.cut();
  await assert.rejects(waiting, upstreamFailed.is);
  await untilMultiplexed(first.overHttp, () => call.drop({ params }));
  assert.equal(first.upgrades(), 2);
});

test("a call that takes longer than its contract says is told so, and not left to wait", async (t) => {
  const { url, overHttp } = await serveMultiplexed(t, things, handlers);
  const { call } = clientOf(t, things, url);
  await untilMultiplexed(overHttp, () => call.drop({ params }));
  const before = performance.now();
  await assert.rejects(call.brief({}, { timeout: 20_000 }), deadlineExceeded.is);
  assert.ok(performance.now() - before < 10_000);
});

test("a caller that goes without a word frees what it asked for, and does not hold up the end of the service", async (t) => {
  const service = await serveMultiplexed(t, things, handlers);
  const { call } = clientOf(t, things, service.url);
  await untilMultiplexed(service.overHttp, () => call.drop({ params }));
  const before = given.length;
  const socket = connect(Number(new URL(service.url).port), "127.0.0.1");
  t.after(() => socket.destroy());
  const dawdle = frameText(FrameKind.request, 1, headOf(["POST", "/dawdle", "authorization", "Bearer orders"]));
  socket.write(
    `GET ${UPGRADE_PATH} HTTP/1.1\r\nhost: a\r\nconnection: Upgrade\r\nupgrade: ${PROTOCOL}\r\nauthorization: Bearer orders\r\n\r\n${dawdle}`,
    "latin1",
  );
  await eventually(() => given.length > before);
  const idle = connect(Number(new URL(service.url).port), "127.0.0.1");
  t.after(() => idle.destroy());
  idle.write(`GET ${UPGRADE_PATH} HTTP/1.1\r\nhost: a\r\nconnection: Upgrade\r\nupgrade: ${PROTOCOL}\r\n\r\n`);
  socket.resume().end();
  await eventually(() => given.at(-1)?.aborted === true);
  const asked = performance.now();
  await service.stop();
  assert.ok(performance.now() - asked < 5_000);
  assert.doesNotMatch(await service.metrics.text(), /route="\/dawdle",status="503"/);
});
