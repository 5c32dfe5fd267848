import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { unavailable } from "../../core/failure/failure.ts";
import { eventually } from "../../testing/eventually.ts";
import { decidedSaga } from "../definition/saga.ts";
import { declined, effects, Order, replica, sagaDatabase, sellBy } from "../tests/sagas-under-test.fixture.ts";

const nothing = async () => {};

const numbers = (count: number) => Array.from({ length: count }, (_, index) => `${index}`);

test("sagas run from the commit on, without waiting for a look around", async (t) => {
  const { database } = await sagaDatabase(t);
  const definition = sellBy(async ({ orderId }) => {
    if (orderId === "1") throw declined.failure();
  });
  const one = replica(t, database, "one", [definition], { pollInterval: 60_000 });
  one.begin();
  await one.start(definition, "0", "1");
  await eventually(async () => (await effects(database)).length === 2);
  assert.deepEqual(await effects(database), ["confirmed 0", "rejected 1: declined"]);
  const history = await database.query(
    "select h.step, h.attempt, h.what from saga_history h join saga on saga.id = saga_id where key = '1' order by number",
  );
  assert.deepEqual(history, [
    { step: "charge", attempt: 1, what: "refused" },
    { step: null, attempt: 1, what: "recorded" },
  ]);
});

test("what was started before the runner, and more than there are places for, is run", async (t) => {
  const { database } = await sagaDatabase(t);
  let atOnce = 0;
  let most = 0;
  const definition = sellBy(async () => {
    most = Math.max(most, ++atOnce);
    await delay(1);
    atOnce--;
  });
  const one = replica(t, database, "one", [definition], { concurrency: 5 });
  await one.start(definition, ...numbers(30));
  one.begin();
  await eventually(async () => (await effects(database)).length === 30);
  assert.equal(most, 5);
});

test("stopping hands over at once, and interrupts the step under way", async (t) => {
  const { database } = await sagaDatabase(t);
  const reasons: boolean[] = [];
  const hanging = sellBy(async (_state, { signal }) => {
    await untilAborted(signal).catch(() => {});
    reasons.push(signal.aborted);
  });
  const leaving = replica(t, database, "leaving", [hanging], { concurrency: 2 });
  leaving.begin();
  await leaving.start(hanging, ...numbers(4));
  await eventually(async () => (await database.query("select 1 from saga where owner = 'leaving'")).length === 4);
  await leaving.stop();
  const free = await database.query("select 1 from saga where owner is null and due_at <= clock_timestamp()");
  assert.equal(free.length, 4);
  replica(t, database, "staying", [sellBy(nothing)]).begin();
  await eventually(async () => (await effects(database)).length === 4);
  assert(reasons.every(Boolean));
});

test("a service that fails for a moment is asked again soon, without waiting for a look around", async (t) => {
  const { database } = await sagaDatabase(t);
  let attempts = 0;
  const flaky = sellBy(async () => {
    if (++attempts < 3) throw unavailable.failure();
  });
  const one = replica(t, database, "one", [flaky], { pollInterval: 60_000 });
  one.begin();
  await one.start(flaky, "0");
  await eventually(async () => (await effects(database)).length === 1);
  assert.equal(attempts, 3);
});

test("an instance of an unknown saga is parked with that cause, and the others go on", async (t) => {
  const { database } = await sagaDatabase(t);
  const definition = sellBy(nothing);
  const one = replica(t, database, "one", [definition], { unknownAfter: 500 });
  await database.query(
    `insert into saga (id, name, key, input, step, due_at, request_id, traceparent)
     values (gen_random_uuid(), 'gone', '0', '{}', 'step', now(), 'r', '')`,
  );
  one.begin();
  await one.start(definition, "1");
  await eventually(
    async () => (await database.query("select 1 from saga where status in ('parked', 'done')")).length === 2,
  );
  const [entry] = await database.query<{ cause: string }>("select cause from saga_history where what = 'parked'");
  assert.match(entry?.cause ?? "", /no saga "gone"/);
});

for (const how of ["do", "within"] as const) {
  test(`what the database refuses to store of a step that returns it (${how}) is a failure of that step, and harms no other`, async (t) => {
    const { database } = await sagaDatabase(t);
    await database.query("alter table saga add check (added::text not like '%unheard-of%')");
    const act = async () => ({ what: "unheard-of" });
    const step = how === "do" ? { do: act } : { within: act };
    const odd = decidedSaga("odd", Order)
      .step("return", { ...step, retry: { faults: 2 } })
      .ends();
    const sell = sellBy(nothing);
    const one = replica(t, database, "one", [odd, sell]);
    one.begin();
    await Promise.all([one.start(odd, "0"), one.start(sell, "1")]);
    await eventually(async () => (await database.query("select 1 from saga where due_at is null")).length === 2);
    const rows = await database.query("select key, status, faults from saga order by key");
    assert.deepEqual(rows, [
      { key: "0", status: "parked", faults: 2 },
      { key: "1", status: "done", faults: 0 },
    ]);
  });
}

test("what could not be handed over in time is given back at once", async (t) => {
  const { database } = await sagaDatabase(t);
  const definition = sellBy(nothing);
  const one = replica(t, database, "one", [definition]);
  one.begin();
  await one.stop();
  await one.start(definition, "0");
  await eventually(async () => (await database.query("select 1 from saga where owner is null")).length === 1);
});

const untilAborted = (signal: AbortSignal | undefined): Promise<void> =>
  new Promise((_resolve, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
