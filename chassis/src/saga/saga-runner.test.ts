import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { Type } from "typebox";
import { systemClock } from "../core/clock.ts";
import { refusal, unavailable } from "../core/failure.ts";
import type { Database } from "../database/database.ts";
import { createLog } from "../telemetry/log.ts";
import { type Cleanup, testDatabase } from "../testing/postgres.ts";
import { type Saga, type StepContext, saga } from "./saga.ts";
import { createSagaRunner, type SagaRunnerOptions } from "./saga-runner.ts";
import { createStartSaga } from "./start-saga.ts";

const declined = refusal("declined", 409, "Declined");
const nothing = async () => {};
const log = createLog({ service: "test", level: "silent" });

type Sell = Saga<{ orderId: string }>;
type Replica = { start(keys: string[]): Promise<void>; stop(): Promise<void>; begin(): void };

async function setUp(t: Cleanup): Promise<Database> {
  const migrations = { name: "saga", folder: new URL("migrations/", import.meta.url) };
  const { database } = await testDatabase(t, [migrations]);
  await database.query("create table effect (what text not null)");
  return database;
}

/** One process that runs `definition`. */
function replica(
  t: Cleanup,
  database: Database,
  owner: string,
  definition: Sell,
  options: Partial<SagaRunnerOptions> = {},
): Replica {
  const sagas = [definition];
  const runner = createSagaRunner({ database, sagas, clock: systemClock, log, owner, pollInterval: 50, ...options });
  const startSaga = createStartSaga({ owner, onCommit: (instance) => runner.run(instance) });
  t.after(() => runner.stop());
  return {
    begin: () => runner.start(),
    stop: () => runner.stop(),
    start: (keys) =>
      database.transaction(async (tx) => {
        for (const key of keys) await startSaga(tx, definition, { key, input: { orderId: key } });
      }),
  };
}

const sellBy = (act: (state: { orderId: string }, context: StepContext) => Promise<void>): Sell =>
  saga("sell", Type.Object({ orderId: Type.String() }))
    .step("charge", { do: act, undo: nothing, refuses: [declined] })
    .pivot("confirm", {
      within: async (tx, { orderId }) =>
        void (await tx.query("insert into effect values ($1)", [`confirmed ${orderId}`])),
    })
    .fails(
      async (tx, { orderId }, reason) =>
        void (await tx.query("insert into effect values ($1)", [`rejected ${orderId}: ${reason}`])),
    );

async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
  for (const signal = AbortSignal.timeout(20_000); !(await condition()); signal.throwIfAborted()) await delay(10);
}

const endings = async (database: Database) =>
  (await database.query<{ what: string }>("select what from effect order by what")).map(({ what }) => what);

const keys = (count: number) => Array.from({ length: count }, (_, index) => `${index}`);

test("sagas run from the commit on, without waiting for a look around", async (t) => {
  const database = await setUp(t);
  const definition = sellBy(async ({ orderId }) => {
    if (orderId === "1") throw declined.failure();
  });
  const one = replica(t, database, "one", definition, { pollInterval: 60_000 });
  one.begin();
  await one.start(["0", "1"]);
  await until(async () => (await endings(database)).length === 2);
  assert.deepEqual(await endings(database), ["confirmed 0", "rejected 1: declined"]);
  const history = await database.query(
    "select h.step, h.attempt, h.what from saga_history h join saga on saga.id = saga_id where key = '1' order by number",
  );
  assert.deepEqual(history, [
    { step: "charge", attempt: 1, what: "refused" },
    { step: null, attempt: 1, what: "recorded" },
  ]);
});

test("what was started before the runner, and more than there are places for, is run", async (t) => {
  const database = await setUp(t);
  let atOnce = 0;
  let most = 0;
  const definition = sellBy(async () => {
    most = Math.max(most, ++atOnce);
    await delay(1);
    atOnce--;
  });
  const one = replica(t, database, "one", definition, { concurrency: 5 });
  await one.start(keys(30));
  one.begin();
  await until(async () => (await endings(database)).length === 30);
  assert.equal(most, 5);
});

// Each waits for longer than a lease lasts; so they wait together.
describe("leases", { concurrency: true }, () => {
  test("what a dead process held is taken over when its lease has run out, and its step asked again with the same key", async (t) => {
    const database = await setUp(t);
    const asked: string[] = [];
    const dying = sellBy(async (_state, { key }) => {
      asked.push(key);
      await new Promise(() => {});
    });
    // Its clock stands still, so it renews nothing: it is as good as dead.
    const stopped = { ...systemClock, sleep: (_time: number, signal?: AbortSignal) => untilAborted(signal) };
    const dead = replica(t, database, "dead", dying, { clock: stopped });
    dead.begin();
    await dead.start(keys(3));
    await until(() => asked.length === 3);
    const heir = replica(
      t,
      database,
      "heir",
      sellBy(async (_state, { key }) => void asked.push(key)),
    );
    heir.begin();
    const died = Date.now();
    await until(async () => (await endings(database)).length === 3);
    assert(Date.now() - died < 10_000);
    assert.deepEqual([asked.length, new Set(asked).size], [6, 3]);
  });

  test("a process that lives keeps what it holds for longer than a lease", async (t) => {
    const database = await setUp(t);
    const slow = sellBy((_state, { signal }) => delay(6_500, undefined, { signal }));
    const [one, other] = [replica(t, database, "one", slow), replica(t, database, "other", slow)];
    one.begin();
    other.begin();
    await one.start(["0"]);
    await until(async () => (await endings(database)).length === 1);
    assert.deepEqual(await database.query("select what from saga_history order by number"), [
      { what: "done" },
      { what: "done" },
    ]);
  });
});

test("stopping hands over at once, and interrupts the step under way", async (t) => {
  const database = await setUp(t);
  const reasons: boolean[] = [];
  const hanging = sellBy(async (_state, { signal }) => {
    await untilAborted(signal).catch(() => {});
    reasons.push(signal.aborted);
  });
  const leaving = replica(t, database, "leaving", hanging, { concurrency: 2 });
  leaving.begin();
  await leaving.start(keys(4));
  await until(async () => (await database.query("select 1 from saga where owner = 'leaving'")).length === 4);
  await leaving.stop();
  const free = await database.query("select 1 from saga where owner is null and due_at <= clock_timestamp()");
  assert.equal(free.length, 4);
  replica(t, database, "staying", sellBy(nothing)).begin();
  await until(async () => (await endings(database)).length === 4);
  assert(reasons.every(Boolean));
});

test("a service that fails for a moment is asked again soon, without waiting for a look around", async (t) => {
  const database = await setUp(t);
  let attempts = 0;
  const flaky = sellBy(async () => {
    if (++attempts < 3) throw unavailable.failure();
  });
  const one = replica(t, database, "one", flaky, { pollInterval: 60_000 });
  one.begin();
  await one.start(["0"]);
  await until(async () => (await endings(database)).length === 1);
  assert.equal(attempts, 3);
});

test("an instance of an unknown saga is parked with that cause, and the others go on", async (t) => {
  const database = await setUp(t);
  const one = replica(t, database, "one", sellBy(nothing));
  await database.query(
    `insert into saga (id, name, key, input, step, due_at, request_id, traceparent)
     values (gen_random_uuid(), 'gone', '0', '{}', 'step', now(), 'r', '')`,
  );
  one.begin();
  await one.start(["1"]);
  await until(async () => (await database.query("select 1 from saga where status in ('parked', 'done')")).length === 2);
  const [entry] = await database.query<{ cause: string }>("select cause from saga_history where what = 'parked'");
  assert.match(entry?.cause ?? "", /no saga "gone"/);
});

test("what could not be handed over in time is given back at once", async (t) => {
  const database = await setUp(t);
  const one = replica(t, database, "one", sellBy(nothing));
  one.begin();
  await one.stop();
  await one.start(["0"]);
  await until(async () => (await database.query("select 1 from saga where owner is null")).length === 1);
});

const untilAborted = (signal: AbortSignal | undefined): Promise<void> =>
  new Promise((_resolve, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
