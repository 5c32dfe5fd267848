import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type Clock, systemClock } from "../../core/clock.ts";
import type { Database } from "../../database/database.ts";
import { eventually } from "../../testing/eventually.ts";
import type { Cleanup } from "../../testing/servers/postgres.ts";
import { decidedSaga } from "../definition/saga.ts";
import { effects, Order, replica, sagaDatabase, sellBy, untilEnded } from "../tests/sagas-under-test.fixture.ts";

const HOUR = 3_600_000;

/** What became of an order's saga. */
const historyOf = async (database: Database, orderId: string) =>
  database.query<{ step: string; what: string }>(
    "select h.step, h.what from saga_history h join saga on id = saga_id where key = $1 order by number",
    [orderId],
  );

/** A process of its own that runs two sagas, and waits in the middle of both. */
async function otherProcess(t: Cleanup, databaseUrl: string) {
  const child = fork(fileURLToPath(new URL("../tests/paused-replica.fixture.ts", import.meta.url)), {
    env: { ...process.env, DATABASE_URL: databaseUrl },
    stdio: ["ignore", "pipe", "inherit", "ipc"],
  });
  t.after(() => void child.kill("SIGKILL"));
  let log = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    log += text;
  });
  const waiting: unknown[] = [];
  child.on("message", (where) => waiting.push(where));
  await eventually(() => waiting.length === 2);
  return {
    log: () => log,
    pause: () => void child.kill("SIGSTOP"),
    goOn() {
      child.send("go on");
      child.kill("SIGCONT");
    },
    async end() {
      const exit = once(child, "exit");
      child.disconnect();
      assert.deepEqual(await exit, [0, null]);
    },
  };
}

// Each waits for longer than a lease lasts; so they wait together.
describe("leases", { concurrency: true }, () => {
  test("what a dead process held is taken over within 10 s, and its step asked again with the same key", async (t) => {
    const { database } = await sagaDatabase(t);
    const asked: string[] = [];
    const dying = sellBy(async (_state, { key }) => {
      asked.push(key);
      await new Promise(() => {});
    });
    // Its clock stands still, so it renews nothing: it is as good as dead.
    const stopped = { ...systemClock, sleep: (_time: number, signal?: AbortSignal) => untilAborted(signal) };
    const dead = replica(t, database, "dead", [dying], { clock: stopped });
    dead.begin();
    await dead.start(dying, "0", "1", "2");
    await eventually(() => asked.length === 3);
    const died = performance.now();
    const willing = sellBy(async (_state, { key }) => void asked.push(key));
    replica(t, database, "heir", [willing]).begin();
    await untilEnded(database, 3);
    assert(performance.now() - died < 10_000);
    assert.deepEqual([asked.length, new Set(asked).size], [6, 3]);
  });

  test("a process that is paused for longer than its lease writes nothing when it wakes, neither progress nor effects", async (t) => {
    const { database, url } = await sagaDatabase(t);
    const other = await otherProcess(t, url);
    other.pause();
    replica(t, database, "heir", [sellBy(async () => {})]).begin();
    await untilEnded(database, 2);
    const ended = await database.query("select * from saga order by key");
    other.goOn();
    await eventually(() => other.log().includes("a saga was taken over by another process"));
    await other.end();

    assert.deepEqual(await effects(database), ["confirmed asked", "confirmed inside"]);
    assert.deepEqual(await database.query("select * from saga order by key"), ended);
    assert.deepEqual(await historyOf(database, "inside"), [
      { step: "charge", what: "done" },
      { step: "confirm", what: "taken over" },
      { step: "confirm", what: "done" },
    ]);
  });

  test("a process that lives keeps what it holds, though the clocks of both are off and one goes back by an hour", async (t) => {
    const { database } = await sagaDatabase(t);
    let jumped = 0;
    const backwards: Clock = { ...systemClock, now: () => new Date(Date.now() - jumped) };
    const slow = sellBy(async (_state, { signal }) => {
      jumped = HOUR;
      await delay(6_500, undefined, { signal });
    });
    const one = replica(t, database, "one", [slow], { clock: backwards });
    one.begin();
    replica(t, database, "other", [slow], { clock: offBy(HOUR / 12) }).begin();
    await one.start(slow, "0");
    await untilEnded(database, 1);
    assert.deepEqual(await historyOf(database, "0"), [
      { step: "charge", what: "done" },
      { step: "confirm", what: "done" },
    ]);
  });
});

test("a timer takes its time, whatever the clocks of those who look at it show: the database's clock decides", async (t) => {
  const { database } = await sagaDatabase(t);
  const definition = decidedSaga("sell", Order)
    .after("a moment", 1_200)
    .step("bill", { do: async () => {} })
    .ends();
  const fast = replica(t, database, "fast", [definition], { clock: offBy(5 * HOUR) });
  await fast.start(definition, "0");
  fast.begin();
  replica(t, database, "slow", [definition], { clock: offBy(-HOUR) }).begin();
  await untilEnded(database, 1);
  const [row] = await database.query<{ waited: number }>(
    "select extract(epoch from ended_at - created_at)::float8 * 1000 as waited from saga",
  );
  assert(row && row.waited >= 1_195 && row.waited < 10_000, `it waited ${row?.waited} ms`);
});

const offBy = (milliseconds: number): Clock => ({
  ...systemClock,
  now: () => new Date(Date.now() + milliseconds),
  monotonic: () => systemClock.monotonic() + milliseconds,
});

const untilAborted = (signal: AbortSignal | undefined): Promise<void> =>
  new Promise((_resolve, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
