import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { refusal } from "../../core/failure/failure.ts";
import { testDatabase } from "../../testing/servers/postgres.ts";
import type { Transaction } from "../database.ts";
import { Overtaken } from "../postgres-error.ts";
import { combinedRead, combinedWrite } from "./combined.ts";
import { groupTransactions } from "./group-transactions.ts";

const noMore = refusal("no_more", 409, "There is no more");

/** A table of numbers, written by a statement for all, and what was asked of it. */
async function setUp(t: TestContext) {
  const { database } = await testDatabase(t);
  await database.query("create table number (value integer primary key, xid bigint not null default txid_current())");
  const writes: (readonly number[])[] = [];
  const add = combinedWrite<number, void>(async (tx, values) => {
    writes.push(values);
    await tx.query("insert into number (value) select unnest($1::int[])", [values]);
    return values.map(() => undefined);
  });
  return {
    database,
    writes,
    add,
    find: combinedRead<number, boolean>(async (tx, values) => {
      const found = await tx.query<{ value: number }>("select value from number where value = any ($1)", [values]);
      return values.map((value) => found.some((row) => row.value === value));
    }),
    transaction: groupTransactions(database),
    stored: async () => (await database.query<{ value: number }>("select value from number order by 1")).map(numberOf),
    transactions: async () => (await database.query("select distinct xid from number")).length,
  };
}

const numberOf = ({ value }: { value: number }) => value;
const upTo = (count: number) => Array.from({ length: count }, (_, value) => value);
const failuresIn = (settled: readonly PromiseSettledResult<unknown>[]) =>
  settled.flatMap((each, index) =>
    each.status === "rejected" ? [[index, each.reason.code ?? each.reason.message]] : [],
  );

test("works that come at the same time are one transaction, and what they write at the same time one statement", async (t) => {
  const { transaction, find, add, writes, transactions } = await setUp(t);
  const results = await Promise.all(
    upTo(20).map((value) =>
      transaction(`${value}`, async (tx) => {
        const known = await find(tx, value);
        await add(tx, value);
        return [known, await find(tx, value)];
      }),
    ),
  );
  assert.deepEqual(
    results,
    upTo(20).map(() => [false, true]),
  );
  assert.deepEqual(writes, [upTo(20)]);
  assert.equal(await transactions(), 1);
});

test("one that is refused before it has written anything is left out, and nothing is done twice", async (t) => {
  const { transaction, find, add, writes, stored } = await setUp(t);
  const told: number[] = [];
  const work = (value: number) => async (tx: Transaction) => {
    tx.afterCommit(() => told.push(value));
    if (await find(tx, value)) throw new Error("was there");
    if (value % 2 === 1) throw noMore.failure();
    await add(tx, value);
  };
  const settled = await Promise.allSettled(upTo(6).map((value) => transaction(`${value}`, work(value))));
  assert.deepEqual(failuresIn(settled), [
    [1, "no_more"],
    [3, "no_more"],
    [5, "no_more"],
  ]);
  assert.deepEqual(writes, [[0, 2, 4]]);
  assert.deepEqual(await stored(), [0, 2, 4]);
  assert.deepEqual(told, [0, 2, 4], "who was refused has nothing to tell after the others' commit");
});

test("one that fails after it has written leaves nothing behind, and takes nothing with it", async (t) => {
  const { transaction, add, stored } = await setUp(t);
  const told: number[] = [];
  const work = (value: number) => async (tx: Transaction) => {
    tx.afterCommit(() => told.push(value));
    await add(tx, value);
    if (value === 2) throw noMore.failure();
    if (value === 4) throw new Error("a bug");
  };
  const settled = await Promise.allSettled(upTo(6).map((value) => transaction(`${value}`, work(value))));
  assert.deepEqual(failuresIn(settled), [
    [2, "no_more"],
    [4, "a bug"],
  ]);
  assert.deepEqual(await stored(), [0, 1, 3, 5]);
  assert.deepEqual(told, [0, 1, 3, 5]);
});

test("when the database refuses what is one statement, each is done by itself", async (t) => {
  const { transaction, database, add, stored } = await setUp(t);
  await database.query("insert into number values (3)");
  const settled = await Promise.allSettled(
    upTo(6).map((value) => transaction(`${value}`, async (tx) => add(tx, value))),
  );
  assert.deepEqual(
    settled.map(({ status }) => status === "fulfilled"),
    [true, true, true, false, true, true],
  );
  assert.deepEqual(await stored(), upTo(6));
});

test("works with one key are never at work at the same time", async (t) => {
  const { transaction, find, add, writes } = await setUp(t);
  const addOnce = async (tx: Transaction) => {
    const known = await find(tx, 7);
    if (!known) await add(tx, 7);
    return known;
  };
  const known = await Promise.all(upTo(5).map(() => transaction("seven", addOnce)));
  assert.deepEqual(known.sort(), [false, true, true, true, true]);
  assert.deepEqual(writes, [[7]]);
});

test("when one was overtaken all are run again, together, and tell once", async (t) => {
  const { transaction, add, stored, transactions } = await setUp(t);
  const told: number[] = [];
  let overtaken = false;
  const work = (value: number) => async (tx: Transaction) => {
    tx.afterCommit(() => told.push(value));
    await add(tx, value);
    if (value !== 1 || overtaken) return;
    overtaken = true;
    throw new Overtaken("another was faster");
  };
  await Promise.all(upTo(3).map((value) => transaction(`${value}`, work(value))));
  assert.deepEqual(await stored(), [0, 1, 2]);
  assert.equal(await transactions(), 1, "to be overtaken is nobody's own failure");
  assert.deepEqual(told, [0, 1, 2]);
});

test("a failure as a result is thrown to its own caller alone", async (t) => {
  const { transaction } = await setUp(t);
  const take = combinedWrite<number, number>(async (_tx, values) =>
    values.map((value) => (value > 1 ? noMore.failure() : value)),
  );
  const settled = await Promise.allSettled(upTo(4).map((value) => transaction(`${value}`, (tx) => take(tx, value))));
  assert.deepEqual(failuresIn(settled), [
    [2, "no_more"],
    [3, "no_more"],
  ]);
});
