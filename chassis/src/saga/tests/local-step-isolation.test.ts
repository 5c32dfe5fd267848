import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { Database, Transaction } from "../../database/database.ts";
import { saga } from "../definition/saga.ts";
import { declined, effects, Order, replica, sagaDatabase, untilEnded } from "./sagas-under-test.fixture.ts";

type Within = (tx: Transaction, order: Order) => Promise<void>;

const COUNT = 50;
const orders = Array.from({ length: COUNT }, (_, number) => `${number}`);

/** Runs fifty sagas at once on a stock of fifty pieces. */
async function fifty(t: TestContext, within: Within, definition = pivotOnly): Promise<Database> {
  const { database } = await sagaDatabase(t);
  await database.query("create table stock (pieces integer not null)");
  await database.query("insert into stock values ($1)", [COUNT]);
  const sell = definition(within);
  const one = replica(t, database, "one", [sell]);
  one.begin();
  await one.start(sell, ...orders);
  await untilEnded(database, COUNT);
  return database;
}

const pivotOnly = (within: Within) =>
  saga("sell", Order)
    .pivot("take", { within })
    .fails(async () => {});

/** Each is refused by its second step, and undoes the first. */
const undoing = (undoWithin: Within) =>
  saga("sell", Order)
    .step("hold", { within: async () => {}, undoWithin })
    .step("ask", {
      async ask() {
        throw declined.failure();
      },
      refuses: [declined],
    })
    .pivot("take", { within: async () => {} })
    .fails(async () => {});

const pieces = async (database: Database) =>
  (await database.query<{ pieces: number }>("select * from stock"))[0]?.pieces;

for (const [what, definition] of Object.entries({ pivots: pivotOnly, "undone steps": undoing })) {
  for (const lock of [" for update", ""]) {
    test(`fifty ${what} that read the stock${lock} and write it back take fifty pieces`, async (t) => {
      const take: Within = async (tx) => {
        const [row] = await tx.query<{ pieces: number }>(`select pieces from stock${lock}`);
        await tx.query("update stock set pieces = $1", [(row?.pieces ?? 0) - 1]);
      };
      assert.equal(await pieces(await fifty(t, take, definition)), 0);
    });
  }
}

test("what a step does under an advisory lock it does alone", async (t) => {
  let inside = 0;
  let most = 0;
  await fifty(t, async (tx) => {
    await tx.query("select pg_advisory_xact_lock(1)");
    inside += 1;
    most = Math.max(most, inside);
    await tx.query("select 1");
    inside -= 1;
  });
  assert.equal(most, 1);
});

test("a step that rolls back to its savepoint takes nothing of other sagas away", async (t) => {
  const database = await fifty(t, async (tx, { orderId }) => {
    await tx.query("insert into effect values ($1)", [orderId]);
    await tx.query("savepoint before");
    await tx.query("insert into effect values ('undone')");
    await tx.query("rollback to savepoint before");
  });
  assert.deepEqual(await effects(database), orders.toSorted());
});

test("a setting of a step's transaction is its own", async (t) => {
  const database = await fifty(t, async (tx, { orderId }) => {
    await tx.query("select set_config('app.tenant', $1, true)", [orderId]);
    await tx.query("select 1");
    await tx.query("insert into effect select $1 where current_setting('app.tenant') = $1", [orderId]);
  });
  assert.deepEqual(await effects(database), orders.toSorted());
});
