import assert from "node:assert/strict";
import { test } from "node:test";
import { Type } from "typebox";
import { type Clock, systemClock } from "../core/clock.ts";
import { createLog } from "../telemetry/log.ts";
import { eventually } from "../testing/eventually.ts";
import { type Cleanup, testDatabase } from "../testing/postgres.ts";
import { type AnySaga, decidedSaga, type Saga } from "./saga.ts";
import { createSagaRunner } from "./saga-runner.ts";
import { createStartSaga, createStartSagaAlone } from "./start-saga.ts";

const Order = Type.Object({ orderId: Type.String() });
type Order = { orderId: string };
const log = createLog({ service: "test", level: "silent" });

async function setUp(t: Cleanup) {
  const { database } = await testDatabase(t, [{ name: "saga", folder: new URL("migrations/", import.meta.url) }]);
  const run = (owner: string, sagas: readonly AnySaga[], clock: Clock = systemClock) => {
    const runner = createSagaRunner({ database, sagas, clock, log, owner, pollInterval: 50 });
    t.after(() => runner.stop());
    runner.start();
    return runner;
  };
  const startSaga = createStartSaga({ owner: "nobody", onCommit: () => {}, hasRoom: () => false });
  const start = (saga: Saga<Order>, key: string) =>
    database.transaction((tx) => startSaga(tx, saga, { key, input: { orderId: key } }));
  const ended = (count: number) =>
    eventually(async () => (await database.query("select 1 from saga where ended_at is not null")).length === count);
  return { database, run, start, ended };
}

test("old versions run on beside new ones, each instance on the version it began with", async (t) => {
  const { run, start, ended } = await setUp(t);
  const done: string[] = [];
  const version = (number: number) =>
    decidedSaga("sell", Order, { version: number })
      .step("bill", { do: async ({ orderId }) => void done.push(`${orderId} on ${number}`) })
      .ends();
  const [first, second] = [version(1), version(2)];
  await start(first, "a");
  await start(second, "b");
  run("one", [second, first]);
  await ended(2);
  assert.deepEqual(done.toSorted(), ["a on 1", "b on 2"]);
});

test("what this process has no room for is anybody's at once, and started by themselves sagas share a commit", async (t) => {
  const { database, run, ended } = await setUp(t);
  const saga = decidedSaga("sell", Order)
    .step("bill", { do: async () => {} })
    .ends();
  const options = { database, owner: "full", onCommit: () => {}, hasRoom: () => false };
  const start = createStartSagaAlone(options);
  await Promise.all(["a", "b", "a", "c"].map((key) => start(saga, { key, input: { orderId: key } })));
  const begun = await database.query<{ count: number }>("select count(distinct xmin::text) from saga");
  assert.equal(begun[0]?.count, 1);
  run("free", [saga]);
  await ended(3);
});

test("a wall clock that is hours off changes neither leases nor timers: the database's clock decides", async (t) => {
  const { database, run, start, ended } = await setUp(t);
  const saga = decidedSaga("sell", Order)
    .after("a moment", 1_200)
    .step("bill", { do: async () => {} })
    .ends();
  const off = (hours: number): Clock => ({
    ...systemClock,
    now: () => new Date(Date.now() + hours * 3_600_000),
    monotonic: () => systemClock.monotonic() + hours * 3_600_000,
  });
  await start(saga, "a");
  run("fast", [saga], off(5));
  run("slow", [saga], off(-1));
  await ended(1);
  const [row] = await database.query<{ waited: number }>(
    "select extract(epoch from ended_at - created_at)::float8 * 1000 as waited from saga",
  );
  assert(row && row.waited >= 1_195 && row.waited < 10_000, `it waited ${row?.waited} ms`);
});
