import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { test } from "node:test";
import { Type } from "typebox";
import { FrameKind, frameText, headOf, PROTOCOL, UPGRADE_PATH } from "../../client/multiplex/frame.ts";
import { call } from "../../contract/call.ts";
import { contract } from "../../contract/contract.ts";
import { Fields, Id, Media, Text } from "../../contract/schema.ts";
import {
  deadlineExceeded,
  Failure,
  failureFrom,
  invalidInput,
  refusal,
  tooLarge,
  unavailable,
  upstreamFailed,
} from "../../core/failure.ts";
import { createLoadShedder } from "../../core/load-shedder.ts";
import { currentContext, newContext, runInContext } from "../../telemetry/context.ts";
import { eventually } from "../../testing/eventually.ts";
import { answer } from "../answer.ts";
import type { Handlers } from "../definition.ts";
import { clientOf, serveMultiplexed, untilMultiplexed } from "./multiplex.fixture.ts";

const soldOut = refusal("sold_out", 409, "It is sold out");
const Thing = Fields({ name: Text(100), count: Type.Integer({ minimum: 1 }) });

const things = contract("things", {
  calls: {
    make: call("POST /things", {
      summary: "Make",
      access: "internal",
      idempotencyKey: "optional",
      body: Thing,
      replies: { 201: Thing, 202: Fields({ key: Type.String() }) },
      refuses: [soldOut],
    }),
    find: call("GET /things/{id}", {
      summary: "Find",
      access: "internal",
      query: Fields({ words: Type.Optional(Type.Array(Type.String())), limit: Type.Integer({ default: 20 }) }),
      replies: {
        200: Fields({ id: Id, words: Type.Array(Type.String()), limit: Type.Integer(), request: Type.String() }),
      },
    }),
    drop: call("DELETE /things/{id}", { summary: "Drop", access: "internal", replies: { 204: null } }),
    dawdle: call("POST /dawdle", { summary: "Dawdle", access: "internal", replies: { 204: null } }),
    brief: call("GET /brief", { summary: "Brief", access: "internal", replies: { 204: null }, timeout: 100 }),
    search: call("GET /search", {
      summary: "Search",
      access: "internal",
      query: Fields({ text: Text(100_000) }),
      replies: { 204: null },
    }),
    odd: call("GET /odd", { summary: "Odd", access: "internal", replies: { 204: null } }),
    crash: call("GET /crash", { summary: "Crash", access: "internal", replies: { 204: null } }),
    picture: call("GET /picture", { summary: "Picture", access: "internal", replies: { 200: Media("image/svg+xml") } }),
  },
  events: {},
});

const begun: string[] = [];
const given: AbortSignal[] = [];
const handlers: Handlers<typeof things> = {
  async make({ body, key }) {
    if (body.name === "gone") throw soldOut.failure();
    return key ? answer(202, { key }) : { ...body, secret: "not in the contract" };
  },
  find: async ({ params, query: { words = [], limit } }) => ({
    ...params,
    words,
    limit,
    request: currentContext()?.requestId ?? "",
  }),
  drop: async () => undefined,
  async dawdle({ signal }) {
    begun.push("dawdle");
    given.push(signal);
    await once(signal, "abort");
    throw signal.reason;
  },
  async brief({ signal }) {
    await once(signal, "abort");
    throw signal.reason;
  },
  search: async () => undefined,
  odd: async () => answer(204, undefined, { location: "/things/日本" }),
  async crash() {
    throw new Error("select * from secrets");
  },
  picture: async () => "<svg/>",
};

const params = { id: "t1" };
const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => "none",
    (error) => failureFrom(error).code,
  );

test("calls of a service go over one connection, with the same answers as over HTTP", async (t) => {
  const { url, overHttp, upgrades, metrics } = await serveMultiplexed(t, things, handlers);
  const overHttpAlone = await serveMultiplexed(t, things, handlers, { offers: false });
  const all = async ({ call }: ReturnType<typeof clientOf<typeof things>>) => {
    const body = { name: "日本 🚢 ü \n \\", count: 2 };
    return [
      await call.make({ body }),
      await call.make({ body, key: "k1" }),
      await codeOf(call.make({ body: { name: "gone", count: 1 } })),
      await codeOf(call.make({ body: { name: "cup", count: 0 } })),
      await codeOf(call.make({ body: { name: "x".repeat(60_000), count: 1 } })),
      await runInContext(newContext({ requestId: "r1" }), () =>
        call.find({ params, query: { words: ["a b", "c&d"], limit: 3 } }),
      ),
      await codeOf(call.find({ params: { id: "ü /?#%" }, query: {} })),
      await call.drop({ params }),
      await codeOf(call.crash({})),
    ];
  };
  const client = clientOf(t, things, url);
  await untilMultiplexed(overHttp, () => client.call.drop({ params }));
  const before = overHttp.length;
  const expected = await all(clientOf(t, things, overHttpAlone.url));
  assert.deepEqual(await all(client), expected);
  assert.equal(overHttpAlone.upgrades(), 0);
  assert.equal(overHttp.length, before);
  assert.equal(upgrades(), 1);
  const text = await metrics.text();
  const counted = (series: string) => Number(new RegExp(`_count\\{${series}[^}]*\\} (\\d+)`).exec(text)?.[1]);
  assert.equal(counted('method="POST",route="/things",status="409"'), 1);
  assert.equal(counted('method="POST",route="/things",status="202"'), 1);
});

test("answers come in whatever order they are ready, a thousand at a time", async (t) => {
  const order: number[] = [];
  const { url, overHttp } = await serveMultiplexed(t, things, {
    ...handlers,
    async make({ body }) {
      await new Promise((resolve) => setTimeout(resolve, (body.count * 7) % 50));
      order.push(body.count);
      return body;
    },
  });
  const { call } = clientOf(t, things, url);
  await untilMultiplexed(overHttp, () => call.drop({ params }));
  const before = overHttp.length;
  const counts = Array.from({ length: 1_000 }, (_, at) => at + 1);
  const answers = await Promise.all(counts.map((count) => call.make({ body: { name: `n${count}`, count } })));
  assert.deepEqual(
    answers,
    counts.map((count) => ({ name: `n${count}`, count })),
  );
  assert.notDeepEqual(order, counts);
  assert.equal(overHttp.length, before);
});

test("what is large or no JSON has a connection of its own", async (t) => {
  const { url, overHttp } = await serveMultiplexed(t, things, handlers);
  const { call } = clientOf(t, things, url);
  await untilMultiplexed(overHttp, () => call.drop({ params }));
  overHttp.length = 0;
  assert.equal(await call.picture({}), "<svg/>");
  await assert.rejects(call.make({ body: { name: "x".repeat(70_000), count: 1 } }), tooLarge.is);
  assert.deepEqual(overHttp, ["GET /picture", "POST /things"]);
});

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

test("what there is too much of is refused, on this way too", async (t) => {
  const { url, overHttp } = await serveMultiplexed(t, things, handlers, {
    shedder: createLoadShedder({ least: 2, most: 2 }),
  });
  const { call } = clientOf(t, things, url);
  await untilMultiplexed(overHttp, () => call.drop({ params }));
  begun.length = 0;
  const ends = Array.from({ length: 4 }, () => codeOf(call.dawdle({}, { timeout: 500 })));
  assert.deepEqual((await Promise.all(ends)).sort(), [
    "deadline_exceeded",
    "deadline_exceeded",
    "unavailable",
    "unavailable",
  ]);
  assert.equal(begun.length, 2);
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

test("an invalid input is told with its faults", async (t) => {
  const { url, overHttp } = await serveMultiplexed(t, things, handlers);
  const { call } = clientOf(t, things, url);
  await untilMultiplexed(overHttp, () => call.drop({ params }));
  await assert.rejects(call.make({ body: { name: "cup", count: 0 } }), (error) => {
    assert.ok(error instanceof Failure && invalidInput.is(error));
    assert.equal(error.errors?.[0]?.path, "/count");
    return true;
  });
});

test("a call that takes longer than its contract says is told so, and not left to wait", async (t) => {
  const { url, overHttp } = await serveMultiplexed(t, things, handlers);
  const { call } = clientOf(t, things, url);
  await untilMultiplexed(overHttp, () => call.drop({ params }));
  const before = performance.now();
  await assert.rejects(call.brief({}, { timeout: 20_000 }), deadlineExceeded.is);
  assert.ok(performance.now() - before < 10_000);
});

test("a path too long for frames is asked over HTTP, and harms nobody", async (t) => {
  const { url, overHttp, upgrades } = await serveMultiplexed(t, things, handlers);
  const { call } = clientOf(t, things, url);
  await untilMultiplexed(overHttp, () => call.drop({ params }));
  begun.length = 0;
  const waiting = codeOf(call.dawdle({}, { timeout: 700 }));
  await eventually(() => begun.length === 1);
  assert.equal(await codeOf(call.search({ query: { text: "x".repeat(9_000) } })), "none");
  assert.notEqual(await codeOf(call.search({ query: { text: "x".repeat(50_000) } })), "none");
  assert.equal(await waiting, "deadline_exceeded");
  assert.equal(upgrades(), 1);
});

test("a header that can't be sent fails its request, and no other", async (t) => {
  const { url, overHttp, metrics } = await serveMultiplexed(t, things, handlers);
  const { call } = clientOf(t, things, url);
  await untilMultiplexed(overHttp, () => call.drop({ params }));
  assert.equal(await codeOf(call.odd({}, { timeout: 5_000 })), "upstream_failed");
  assert.equal(await codeOf(call.drop({ params })), "none");
  assert.doesNotMatch(await metrics.text(), /route="\/odd",status="204"/);
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
