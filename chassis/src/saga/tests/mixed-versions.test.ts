import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { Database } from "../../database/database.ts";
import { eventually } from "../../testing/eventually.ts";
import { decidedSaga } from "../definition/saga.ts";
import { effects, note, Order, replica, sagaDatabase, untilEnded } from "./sagas-under-test.fixture.ts";

const version = (number: number, name = "sell") =>
  decidedSaga(name, Order, { version: number })
    .step("bill", { within: (tx, { orderId }) => note(tx, `${orderId} on ${number}`) })
    .ends();
const [first, second] = [version(1), version(2)];

const statuses = async (database: Database) =>
  (await database.query<{ status: string }>("select status from saga order by key")).map(({ status }) => status);

/** Leaves what a process has started to others, as if it had died. */
const abandon = (database: Database) =>
  database.query("update saga set owner = null, due_at = clock_timestamp() - interval '1 hour'");

test("in a rolling upgrade an old process leaves instances of the new version to the new processes", async (t) => {
  const { database } = await sagaDatabase(t);
  await replica(t, database, "starting", [second]).start(second, "a", "b");
  await abandon(database);
  const impatient = { unknownAfter: 500 };
  // It knows the new version, and is too busy to take anything up.
  const busy = replica(t, database, "busy", [first, second], { ...impatient, pollInterval: 3_600_000, concurrency: 0 });
  busy.begin();
  await eventually(async () => (await database.query("select 1 from saga_runner")).length > 0);
  replica(t, database, "old", [first], impatient).begin();
  await delay(2_000);
  assert.deepEqual(await statuses(database), ["running", "running"]);
  replica(t, database, "new", [second, first], impatient).begin();
  await untilEnded(database, 2);
  assert.deepEqual(await effects(database), ["a on 2", "b on 2"]);
});

test("what no live process knows is parked after a while, with its name and version", async (t) => {
  const { database } = await sagaDatabase(t);
  const gone = version(1, "gone");
  const starting = replica(t, database, "starting", [second, gone], { unknownAfter: 500 });
  await starting.start(second, "a");
  await starting.start(gone, "b");
  await abandon(database);
  replica(t, database, "old", [first], { unknownAfter: 500 }).begin();
  await eventually(async () => (await statuses(database)).every((status) => status === "parked"));
  const causes = await database.query<{ cause: string; from: string }>(
    "select history[cardinality(history)] ->> 'cause' as cause, parked_from as from from saga order by key",
  );
  assert.deepEqual(causes, [
    { cause: 'there is no saga "sell", version 2, in any live process', from: "running" },
    { cause: 'there is no saga "gone", version 1, in any live process', from: "running" },
  ]);
});

test("a saga that is started where it is not known is run where it is", async (t) => {
  const { database } = await sagaDatabase(t);
  const starting = replica(t, database, "starting", [first]);
  starting.begin();
  await starting.start(second, "a");
  replica(t, database, "running", [second]).begin();
  await untilEnded(database, 1);
  assert.deepEqual(await effects(database), ["a on 2"]);
});

test("a process knows the versions that its definitions migrate from", async (t) => {
  const { database } = await sagaDatabase(t);
  await replica(t, database, "starting", [first]).start(first, "a");
  await abandon(database);
  const third = decidedSaga("sell", Order, { version: 3, migrate: { 1: ({ compensating: _, ...stored }) => stored } })
    .step("bill", { within: (tx, { orderId }) => note(tx, `${orderId} on 3`) })
    .ends();
  replica(t, database, "new", [third]).begin();
  await untilEnded(database, 1);
  assert.deepEqual(await effects(database), ["a on 3"]);
});

test("what is known by a process that starts again is left to it, though it is silent meanwhile", async (t) => {
  const { database } = await sagaDatabase(t);
  const restarting = replica(t, database, "restarting", [second], { unknownAfter: 1_500 });
  restarting.begin();
  await eventually(async () => (await database.query("select 1 from saga_runner")).length === 1);
  await restarting.stop();
  await replica(t, database, "starting", [second]).start(second, "a");
  await abandon(database);
  replica(t, database, "old", [first], { unknownAfter: 1_500 }).begin();
  await delay(3_000);
  assert.deepEqual(await statuses(database), ["running"]);
  await eventually(async () => (await statuses(database))[0] === "parked");
});
