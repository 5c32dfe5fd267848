import assert from "node:assert/strict";
import { test } from "node:test";
import { Type } from "typebox";
import { newContext, runInContext } from "../../context/context.ts";
import { invalidInput } from "../../core/failure/failure.ts";
import type { Cleanup } from "../../testing/servers/postgres.ts";
import { saga } from "../definition/saga.ts";
import type { SagaInstance } from "../store/saga-instance.ts";
import { replica, sagaDatabase, sellBy, untilEnded } from "../tests/sagas-under-test.fixture.ts";
import { createStartSaga, createStartSagaAlone } from "./start-saga.ts";

const nothing = async () => {};
const Order = Type.Object({ orderId: Type.String({ minLength: 1 }), gift: Type.Boolean({ default: false }) });
const sell = saga("sell", Order).pivot("confirm", { within: nothing }).fails(nothing);

async function setUp(t: Cleanup) {
  const { database } = await sagaDatabase(t);
  const committed: SagaInstance[] = [];
  const startSaga = createStartSaga({ owner: "process", onCommit: (instance) => committed.push(instance) });
  return { database, startSaga, committed };
}

const begun = { key: "7", input: { orderId: "7", gift: true } };

test("a saga is there, leased to this process, once the transaction has committed", async (t) => {
  const { database, startSaga, committed } = await setUp(t);
  const context = newContext({ requestId: "request 1" });
  await database.transaction((tx) => runInContext(context, () => startSaga(tx, sell, begun)));
  const rows = await database.query("select id, name, key, input, status, step, owner, request_id from saga");
  const [instance] = committed;
  assert.deepEqual(rows, [
    {
      id: instance?.id,
      name: "sell",
      key: "7",
      input: begun.input,
      status: "running",
      step: "confirm",
      owner: "process",
      request_id: "request 1",
    },
  ]);
  assert.match(instance?.traceparent ?? "", new RegExp(context.trace.traceId));
});

test("a transaction that is rolled back starts nothing", async (t) => {
  const { database, startSaga, committed } = await setUp(t);
  const rolledBack = database.transaction(async (tx) => {
    await startSaga(tx, sell, begun);
    throw new Error("no");
  });
  await assert.rejects(rolledBack, /no/);
  assert.deepEqual([await database.query("select id from saga"), committed], [[], []]);
});

test("started twice with one key, one after another or at once, it is one saga", async (t) => {
  const { database, startSaga, committed } = await setUp(t);
  const start = () => database.transaction((tx) => startSaga(tx, sell, begun));
  await Promise.all([start(), start(), start()]);
  await start();
  assert.equal((await database.query("select id from saga")).length, 1);
  assert.equal(committed.length, 1);
});

test("input that does not fit the schema is refused at the start, and the transaction decides what becomes of the rest", async (t) => {
  const { database, startSaga, committed } = await setUp(t);
  await database.transaction(async (tx) => {
    for (const input of [{ orderId: "", gift: true }, { orderId: 7 }, {}, null]) {
      await assert.rejects(startSaga(tx, sell, { key: "7", input: input as never }), (error) => invalidInput.is(error));
    }
  });
  assert.deepEqual([await database.query("select id from saga"), committed], [[], []]);
});

test("defaults of the schema are filled in, in the saga's own copy", async (t) => {
  const { database, startSaga, committed } = await setUp(t);
  const input = { orderId: "7" };
  await database.transaction((tx) => startSaga(tx, sell, { key: "7", input: input as never }));
  assert.deepEqual([committed[0]?.input, input], [{ orderId: "7", gift: false }, { orderId: "7" }]);
});

test("sagas that are started by themselves at the same time share a commit, and one key is still one saga", async (t) => {
  const { database } = await sagaDatabase(t);
  const committed: string[] = [];
  const start = createStartSagaAlone({ database, owner: "process", onCommit: ({ key }) => committed.push(key) });
  await Promise.all(["a", "b", "a", "c"].map((key) => start(sell, { key, input: { orderId: key, gift: true } })));
  const begun = await database.query("select count(*) as sagas, count(distinct xmin::text) as commits from saga");
  assert.deepEqual([begun, committed], [[{ sagas: 3, commits: 1 }], ["a", "b", "c"]]);
});

test("what a process has no room for is anybody's at once", async (t) => {
  const { database } = await sagaDatabase(t);
  const definition = sellBy(nothing);
  const startSaga = createStartSaga({ owner: "full", onCommit: () => {}, hasRoom: () => false });
  await database.transaction((tx) => startSaga(tx, definition, { key: "7", input: { orderId: "7" } }));
  replica(t, database, "free", [definition]).begin();
  await untilEnded(database, 1);
});

const half = "😀".slice(1);
const unfit: [string, { key?: unknown; input?: unknown }, string][] = [
  ["a key with NUL", { key: "a\0b" }, "/key"],
  ["a key with half a surrogate pair", { key: half }, "/key"],
  ["a key that is too long", { key: "k".repeat(10_000) }, "/key"],
  ["a key that is no text", { key: undefined }, "/key"],
  ["an input with NUL", { input: { orderId: "a\0b" } }, "/orderId"],
  ["an input with half a surrogate pair", { input: { orderId: half } }, "/orderId"],
  ["an input that JSON would change", { input: { orderId: new Date(0) } }, "/orderId"],
  ["an input that is too large", { input: { orderId: "o".repeat(2_000_000) } }, ""],
];

for (const [what, given, path] of unfit) {
  test(`${what} is invalid input, and nothing is written`, async (t) => {
    const { database, startSaga } = await setUp(t);
    const start = { ...begun, ...given } as typeof begun;
    const isInvalid = (error: unknown) => invalidInput.is(error) && error.errors?.[0]?.path === path;
    const startAlone = createStartSagaAlone({ owner: "process", onCommit: () => {}, database });
    await database.transaction(async (tx) => {
      await assert.rejects(startSaga(tx, sell, start), isInvalid);
      await tx.query("select 1");
    });
    await assert.rejects(startAlone(sell, start), isInvalid);
    assert.deepEqual(await database.query("select id from saga"), []);
  });
}

test("the longest key of the longest name is stored, in any script", async (t) => {
  const { database, startSaga } = await setUp(t);
  const named = saga("語".repeat(200), Order).pivot("confirm", { within: nothing }).fails(nothing);
  const key = Array.from({ length: 500 }, (_, at) => String.fromCodePoint(0x4e00 + ((at * 7_919) % 20_000))).join("");
  await database.transaction((tx) => startSaga(tx, named, { ...begun, key }));
  assert.equal((await database.query("select id from saga")).length, 1);
});
