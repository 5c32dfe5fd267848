import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { refusal } from "../../core/failure/failure.ts";
import type { Database, Transaction } from "../../database/database.ts";
import { eventually } from "../../testing/eventually.ts";
import { decidedSaga, type Saga, saga } from "../definition/saga.ts";
import { effects, note, Order, replica, sagaDatabase, untilEnded } from "./sagas-under-test.fixture.ts";

const nothing = async () => {};
const declined = refusal("declined", 409, "Declined");
const forever = () => new Promise<never>(() => {});
const quick = { timeout: 200, retry: { faults: 1 } };

const lastLine = async (database: Database): Promise<{ status: string; step: string; what: string; cause: string }> => {
  const [row] = await database.query<{ status: string; step: string; what: string; cause: string }>(
    `select status, h.step, what, cause from saga join saga_history h on saga_id = saga.id order by number desc limit 1`,
  );
  assert(row);
  return row;
};

/** Writes something and locks it, and then never returns. */
const hang = async (tx: Transaction) => {
  await note(tx, "half of it");
  await tx.query("select pg_advisory_xact_lock(7)");
  return forever();
};

const hanging: [string, string, Saga<Order>][] = [
  [
    "a local step",
    "bill",
    decidedSaga("sell", Order)
      .step("bill", { within: hang, ...quick })
      .ends(),
  ],
  [
    "a statement of a local step",
    "bill",
    decidedSaga("sell", Order)
      .step("bill", { within: async (tx) => void (await tx.query("select pg_sleep(60)")), ...quick })
      .ends(),
  ],
  [
    "an undoing",
    "hold",
    saga("sell", Order)
      .step("hold", { within: nothing, undoWithin: hang, ...quick })
      .pivot("confirm", { within: () => Promise.reject(declined.failure()), refuses: [declined] })
      .fails(nothing),
  ],
];

for (const [what, step, definition] of hanging) {
  test(`${what} that never returns is a fault after its time, with its cause, and its transaction is over`, async (t) => {
    const { database } = await sagaDatabase(t);
    const one = replica(t, database, "one", [definition]);
    one.begin();
    await one.start(definition, "7");
    const line = await eventually(async () => {
      const last = await lastLine(database).catch(() => undefined);
      return last?.status === "parked" ? last : undefined;
    });
    assert.equal(line.step, step);
    assert.match(line.cause, /did not return within its 200 milliseconds/);
    assert.deepEqual(await effects(database), []);
    await database.query("select pg_advisory_lock(7)");
  });
}

test("a process whose local step never returns stops all the same, and another one takes over", async (t) => {
  const { database } = await sagaDatabase(t);
  const begun = Promise.withResolvers<void>();
  const stuck = decidedSaga("sell", Order)
    .step("bill", {
      within: () => {
        begun.resolve();
        return forever();
      },
    })
    .ends();
  const one = replica(t, database, "one", [stuck]);
  one.begin();
  await one.start(stuck, "7");
  await begun.promise;
  const from = performance.now();
  await one.stop();
  assert(performance.now() - from < 8_000);
  const sound = decidedSaga("sell", Order)
    .step("bill", { within: (tx) => note(tx, "billed") })
    .ends();
  replica(t, database, "other", [sound]).begin();
  await untilEnded(database, 1);
  assert.deepEqual(await effects(database), ["billed"]);
});

test("the saga's own deadline ends the retries of a local step, of which nothing was done", async (t) => {
  const { database } = await sagaDatabase(t);
  let attempts = 0;
  const definition = saga("sell", Order, { deadline: 400 })
    .step("hold", {
      within: () => {
        attempts++;
        return Promise.reject(Object.assign(new Error("no answer"), { code: "ECONNRESET" }));
      },
      undoWithin: (tx) => note(tx, "undone what was not done"),
      retry: { outage: { first: 60_000, most: 60_000 } },
    })
    .pivot("confirm", { within: nothing })
    .fails((tx, _input, reason) => note(tx, `rejected: ${reason}`));
  const one = replica(t, database, "one", [definition]);
  one.begin();
  await one.start(definition, "7");
  await untilEnded(database, 1);
  assert.deepEqual(await effects(database), ["rejected: deadline_exceeded"]);
  assert(attempts > 0);
});

test("local steps of other sagas go on beside those that never return, however many these are", async (t) => {
  const { database } = await sagaDatabase(t);
  const stuck = decidedSaga("stuck", Order).step("bill", { within: forever }).ends();
  const asleep = decidedSaga("asleep", Order)
    .step("bill", { within: async (tx) => void (await tx.query("select pg_sleep(60)")) })
    .ends();
  const sound = decidedSaga("sound", Order)
    .step("bill", { within: (tx, { orderId }) => note(tx, orderId) })
    .step("send", { within: (tx, { orderId }) => note(tx, orderId) })
    .ends();
  const one = replica(t, database, "one", [stuck, asleep, sound]);
  one.begin();
  await one.start(stuck, ...Array.from({ length: 20 }, (_, at) => `stuck ${at}`));
  await one.start(asleep, "a", "b");
  await delay(500);
  for (let round = 0; round < 3; round++) {
    const from = performance.now();
    await one.start(sound, `${round} a`, `${round} b`);
    await untilEnded(database, 2 * (round + 1));
    const took = performance.now() - from;
    assert(took < 6_000, `it took ${took} ms`);
  }
});
