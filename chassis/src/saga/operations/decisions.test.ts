import assert from "node:assert/strict";
import { test } from "node:test";
import type { Database } from "../../database/database.ts";
import { eventually } from "../../testing/eventually.ts";
import type { Cleanup } from "../../testing/servers/postgres.ts";
import { type AnySaga, type Saga, saga } from "../definition/saga.ts";
import { createSagaSet } from "../definition/saga-set.ts";
import { effects, note, Order, replica, sagaDatabase } from "../tests/sagas-under-test.fixture.ts";
import type { Action } from "./act-on-saga.ts";
import { createSagaOperations } from "./operate-sagas.ts";
import { sagaChanged, sagaIncompatible, sagaPastPivot } from "./operations-contract.ts";

const nothing = async () => {};
const oops = () => Promise.reject(new TypeError("oops"));
const once = { retry: { faults: 1 } };

/** A saga that is parked where the first version of its definition fails, and what operators of another version do with it. */
async function parked(t: Cleanup, first: Saga<Order>, today: AnySaga = first) {
  const { database } = await sagaDatabase(t);
  const old = replica(t, database, "old", [first]);
  old.begin();
  await old.start(first, "7");
  await until(database, "parked");
  await old.stop();
  const [row] = await database.query<{ id: string }>("select id from saga");
  const id = row?.id ?? "";
  const operations = createSagaOperations({ database, sagas: createSagaSet([today]), onChange: () => {} });
  return {
    database,
    show: () => operations.show(id),
    check: async () => (await operations.check(undefined)).faults,
    act: (action: Action, made: { step?: string; fence?: number } = {}) =>
      operations.act(id, { action, by: "root", reason: "because", ...made }),
    goOn: () => replica(t, database, "new", [today]).begin(),
  };
}

const until = (database: Database, status: string) =>
  eventually(async () => (await database.query("select 1 from saga where status = $1", [status])).length === 1);

/** What charges and what undoes it leave traces of their steps; `fails` is the step that is broken. */
const traced = (database: { current?: Database }, name: string, fails?: string) => ({
  do: async () => {
    if (name === fails) throw new TypeError("oops");
    await database.current?.query("insert into effect values ($1)", [name]);
  },
  undo: async () => void (await database.current?.query("insert into effect values ($1)", [`undo ${name}`])),
  ...once,
});

/** Version 1 breaks at its charge; version 2 reserves before it. */
function versions() {
  const database: { current?: Database } = {};
  const first = saga("sell", Order)
    .step("charge", traced(database, "charge", "charge"))
    .pivot("confirm", { within: (tx) => note(tx, "confirm") })
    .fails(nothing);
  const second = (migrates: boolean) =>
    saga("sell", Order, {
      version: 2,
      ...(migrates && { migrate: { 1: ({ compensating: _, ...stored }) => stored } }),
    })
      .step("reserve", traced(database, "reserve"))
      .step("charge", traced(database, "charge"))
      .pivot("confirm", { within: (tx) => note(tx, "confirm") })
      .fails(nothing);
  return { database, first, second };
}

test("a saga of an older version is shown as today's definition would go on with it", async (t) => {
  const { first, second } = versions();
  const { show } = await parked(t, first, second(true));
  const { remaining, version, fault } = await show();
  assert.deepEqual([remaining, version, fault], [["charge", "confirm"], 1, undefined]);
});

test("undone by hand, a saga of an older version is migrated first, and its own steps are undone", async (t) => {
  const { database, first, second } = versions();
  const parkedSaga = await parked(t, first, second(true));
  database.current = parkedSaga.database;
  await parkedSaga.act("compensate");
  parkedSaga.goOn();
  await until(parkedSaga.database, "failed");
  assert.deepEqual(await effects(parkedSaga.database), ["undo charge", "undo reserve"]);
});

test("a skipped step of a saga of an older version is the one that it was at", async (t) => {
  const { database, first, second } = versions();
  const parkedSaga = await parked(t, first, second(true));
  database.current = parkedSaga.database;
  await parkedSaga.act("skip", { step: "charge" });
  parkedSaga.goOn();
  await until(parkedSaga.database, "done");
  assert.deepEqual(await effects(parkedSaga.database), ["confirm"]);
  const { history } = await parkedSaga.show();
  assert.deepEqual(
    history.slice(-3).map(({ what }) => what),
    ["migrated", "skipped", "done"],
  );
});

test("a saga that does not fit today's definition is shown with why, and no decision about it is taken", async (t) => {
  const { first } = versions();
  const changed = saga("sell", Order)
    .step("reserve", { do: nothing, undo: nothing })
    .step("charge", { do: nothing, undo: nothing })
    .pivot("confirm", { within: nothing })
    .fails(nothing);
  const { show, act } = await parked(t, first, changed);
  const { remaining, fault, fence } = await show();
  assert.deepEqual(remaining, []);
  assert.match(fault ?? "", /is "reserve", not "charge"/);
  for (const action of ["retry", "skip", "compensate"] as const) await assert.rejects(act(action), sagaIncompatible.is);
  assert.equal((await show()).fence, fence);
});

test("behind the pivot of the version that it becomes, a saga is not undone", async (t) => {
  const first = saga("sell", Order)
    .step("charge", { do: oops, undo: nothing, ...once })
    .pivot("confirm", { within: nothing })
    .fails(nothing);
  const second = saga("sell", Order, { version: 2, migrate: { 1: ({ compensating: _, ...stored }) => stored } })
    .pivot("confirm", { within: nothing })
    .step("charge", { do: nothing })
    .fails(nothing);
  const { act, show } = await parked(t, first, second);
  await assert.rejects(act("compensate"), sagaPastPivot.is);
  assert.equal((await show()).version, 1);
});

const happened = (error: unknown) =>
  sagaChanged.is(error) && /"skipped" at step "charge" by root/.test(error.errors?.[0]?.message ?? "");

test("of two decisions at once the second is refused, with what happened", async (t) => {
  const { first } = versions();
  const { act, database } = await parked(t, first);
  const decisions = await Promise.allSettled([act("skip"), act("skip")]);
  const refused = decisions.filter(({ status }) => status === "rejected");
  assert.equal(refused.length, 1);
  assert(happened((refused[0] as PromiseRejectedResult).reason));
  const [row] = await database.query("select step from saga");
  assert.deepEqual(row, { step: "confirm" });
});

test("a decision for a state that is past is refused, with what happened", async (t) => {
  const { first } = versions();
  const { act, show } = await parked(t, first);
  const { fence } = await show();
  await act("skip", { fence, step: "charge" });
  await assert.rejects(act("skip", { fence }), happened);
  await assert.rejects(act("compensate", { step: "charge" }), happened);
});

test("undone by hand, a local step that has not committed is not undone", async (t) => {
  const definition = saga("sell", Order)
    .step("hold", { within: (tx) => note(tx, "hold"), undoWithin: (tx) => note(tx, "undo hold") })
    .step("count", { within: oops, undoWithin: (tx) => note(tx, "undo count"), ...once })
    .pivot("confirm", { within: nothing })
    .fails(nothing);
  const { database, act, goOn } = await parked(t, definition);
  await act("compensate");
  goOn();
  await until(database, "failed");
  assert.deepEqual(await effects(database), ["hold", "undo hold"]);
});

test("the check finds an instance that is under way but never due, and a person can put it right", async (t) => {
  const { first } = versions();
  const { database, check, act } = await parked(t, first);
  await database.query("alter table saga drop constraint saga_is_due");
  await database.query("update saga set status = 'running', parked_from = null");
  assert.match((await check())[0]?.fault ?? "", /never due/);
  await act("retry");
  assert.deepEqual(await check(), []);
});
