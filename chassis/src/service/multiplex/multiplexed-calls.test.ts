import assert from "node:assert/strict";
import { test } from "node:test";
import { newContext, runInContext } from "../../context/context.ts";
import { Failure, invalidInput, tooLarge } from "../../core/failure/failure.ts";
import { createLoadShedder } from "../../core/load/load-shedder.ts";
import { eventually } from "../../testing/eventually.ts";
import { clientOf, serveMultiplexed, untilMultiplexed } from "./multiplex.fixture.ts";
import { begun, codeOf, handlers, params, things } from "./things.fixture.ts";

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
