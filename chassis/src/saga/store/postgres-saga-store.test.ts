import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "../../core/clock.ts";
import type { Database } from "../../database/database.ts";
import type { Cleanup } from "../../testing/servers/postgres.ts";
import { createSagaSet } from "../definition/saga-set.ts";
import { afterStep, parked } from "../execution/saga-progress.ts";
import { createStartSaga } from "../runner/start-saga.ts";
import { effects, note, sagaDatabase, sellBy } from "../tests/sagas-under-test.fixture.ts";
import { createPostgresSagaStore } from "./postgres-saga-store.ts";
import type { Progress, SagaInstance } from "./saga-instance.ts";
import { LeaseLost } from "./saga-store.ts";

const nothing = async () => {};
const sell = sellBy(nothing);

async function setUp(t: Cleanup) {
  const { database } = await sagaDatabase(t);
  const started: SagaInstance[] = [];
  const startSaga = createStartSaga({ owner: "first", onCommit: (instance) => started.push(instance) });
  await database.transaction((tx) => startSaga(tx, sell, { key: "7", input: { orderId: "7" } }));
  const [instance] = started;
  assert(instance);
  const store = (owner: string) =>
    createPostgresSagaStore({ database, owner, clock: systemClock, sagas: createSagaSet([sell]) });
  return { database, instance, first: store("first"), second: store("second") };
}

/** As if the holder had been paused for longer than its lease lasts. */
const letLeasesRunOut = (database: Database) =>
  database.query("update saga set due_at = now() - interval '1 second' where due_at is not null");

const stored = async (database: Database) =>
  (
    await database.query<{ status: string; position: number; owner: string | null; is_due: boolean }>(
      "select status, position, owner, due_at <= clock_timestamp() as is_due from saga",
    )
  )[0];

test("a process that wakes after its lease was taken over writes nothing, neither progress nor effects", async (t) => {
  const { database, instance, first, second } = await setUp(t);
  await letLeasesRunOut(database);
  const [taken] = await second.claim(10);
  assert.equal(taken?.id, instance.id);
  const stale = first.save(instance, async (tx) => {
    await note(tx, "stale");
    return afterStep(sell, instance, { chargeId: "stale" });
  });
  await assert.rejects(stale, LeaseLost);
  await assert.rejects(first.save(instance, parked(instance, "stale")), LeaseLost);
  assert.deepEqual([await effects(database), (await stored(database))?.position], [[], 0]);
  await second.save(taken, afterStep(sell, taken, { chargeId: "fresh" }));
  assert.deepEqual(await database.query("select added, position, owner from saga"), [
    { added: { chargeId: "fresh" }, position: 1, owner: "second" },
  ]);
});

test("a save that is repeated because nobody knew of the first is refused", async (t) => {
  const { database, instance, first } = await setUp(t);
  const save = () =>
    first.save(instance, async (tx) => {
      await note(tx, "once");
      return afterStep(sell, instance);
    });
  await save();
  await assert.rejects(save, LeaseLost);
  assert.deepEqual(await effects(database), ["once"]);
});

test("progress and effects are stored together or not at all", async (t) => {
  const { database, instance, first } = await setUp(t);
  const failing = first.save(instance, async (tx) => {
    await note(tx, "half");
    throw new Error("no");
  });
  await assert.rejects(failing, /no/);
  assert.deepEqual([await effects(database), (await stored(database))?.position], [[], 0]);
});

test("leased instances are nobody else's until the lease has run out; renewing prevents that", async (t) => {
  const { database, instance, first, second } = await setUp(t);
  assert.deepEqual(await second.claim(10), []);
  await letLeasesRunOut(database);
  assert.deepEqual(await first.renew([instance.id]), [instance.id]);
  assert.deepEqual(await second.claim(10), []);
  await letLeasesRunOut(database);
  assert.equal((await second.claim(10)).length, 1);
  assert.deepEqual(await first.renew([instance.id]), []);
  const noted = await database.query("select what, cause from saga_history");
  assert.deepEqual(noted, [{ what: "taken over", cause: "first let its lease run out" }]);
});

test("two processes never claim the same instance", async (t) => {
  const { database, first, second } = await setUp(t);
  const startSaga = createStartSaga({ owner: "gone", onCommit: () => {} });
  await database.transaction(async (tx) => {
    for (let key = 100; key < 140; key++) await startSaga(tx, sell, { key: `${key}`, input: { orderId: `${key}` } });
  });
  await letLeasesRunOut(database);
  const claims = await Promise.all([first, second, first, second, first].map((store) => store.claim(20)));
  const ids = claims.flat().map(({ id }) => id);
  assert.deepEqual([ids.length, new Set(ids).size], [41, 41]);
});

test("a renewal does not wait for a save that is under way", async (t) => {
  const { instance, first } = await setUp(t);
  await first.save(instance, async () => {
    assert.deepEqual(await first.renew([instance.id]), [instance.id]);
    return afterStep(sell, instance);
  });
});

test("given back, an instance is due at once; one that waits longer is due when its time has come; a final one never", async (t) => {
  const { database, instance, first, second } = await setUp(t);
  await first.release([instance.id]);
  const [claimed] = await second.claim(10);
  assert(claimed);
  const kept: Progress = { ...afterStep(sell, claimed, {}), wait: 200, stepTimeLeft: 30_000 };
  await second.save(claimed, kept);
  assert.equal((await stored(database))?.owner, "second");
  await second.save({ ...claimed, fence: claimed.fence + 1 }, { ...kept, wait: 60_000 });
  assert.deepEqual(await stored(database), { status: "running", position: 1, owner: null, is_due: false });
  await database.query("update saga set due_at = now()");
  const [due] = await first.claim(10);
  assert(
    due?.stepDeadline &&
      due.stepDeadline > systemClock.monotonic() &&
      due.stepDeadline < systemClock.monotonic() + 30_000,
  );
  await first.save(due, afterStep(sell, due, {}));
  assert.deepEqual(await stored(database), { status: "done", position: 2, owner: null, is_due: null });
});

test("a parked instance keeps what it was doing, and isn't due", async (t) => {
  const { database, instance, first } = await setUp(t);
  await first.save(instance, parked(instance, "oops\nat once"));
  const rows = await database.query("select status, parked_from, due_at, owner from saga");
  assert.deepEqual(rows, [{ status: "parked", parked_from: "running", due_at: null, owner: null }]);
});

test("whatever an instance is said to wait for, it is due at a time that comes", async (t) => {
  const { database, instance, first } = await setUp(t);
  let latest = instance;
  for (const wait of [Number.NaN, -1e300, 1e300, Number.POSITIVE_INFINITY]) {
    const entry = { step: "charge", attempt: 1, what: "waits" } as const;
    const progress: Progress = { ...latest, givenBack: true, wait, stepTimeLeft: wait, entry };
    await first.save(latest, progress);
    latest = { ...latest, fence: latest.fence + 1 };
    const [row] = await database.query<{ comes: boolean }>(
      "select due_at < now() + interval '101 years' and step_deadline is not null as comes from saga",
    );
    assert.deepEqual(row, { comes: true });
  }
});
