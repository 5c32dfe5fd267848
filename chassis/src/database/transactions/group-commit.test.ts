import assert from "node:assert/strict";
import { test } from "node:test";
import { unavailable } from "../../core/failure/failure.ts";
import { testDatabase } from "../../testing/servers/postgres.ts";
import { isUniqueViolation } from "../postgres-error.ts";
import { groupCommit } from "./group-commit.ts";

/** Writes that end when the test says so. */
function heldWrites() {
  const batches: { items: readonly number[]; end(): void; fail(error: unknown): void }[] = [];
  const write = (items: readonly number[]) =>
    new Promise<readonly number[]>((resolve, reject) => {
      batches.push({ items, end: () => resolve(items.map((item) => item * 10)), fail: reject });
    });
  return { batches, write };
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

test("an item without company is written at once, and those that come meanwhile are written together", async () => {
  const { batches, write } = heldWrites();
  const commit = groupCommit({ write, lanes: 1 });
  const first = commit(1);
  await turn();
  const others = [commit(2), commit(3)];
  await turn();
  assert.deepEqual(
    batches.map(({ items }) => items),
    [[1]],
  );
  batches[0]?.end();
  assert.equal(await first, 10);
  await turn();
  await turn();
  batches[1]?.end();
  assert.deepEqual(await Promise.all(others), [20, 30]);
  assert.deepEqual(batches[1]?.items, [2, 3]);
});

test("what comes in one turn of the event loop is one batch, of no more than the most", async () => {
  const { batches, write } = heldWrites();
  const commit = groupCommit({ write, most: 2, lanes: 3 });
  const all = [1, 2, 3, 4, 5].map(commit);
  for (let round = 0; round < 5; round++) await turn();
  assert.deepEqual(
    batches.map(({ items }) => items),
    [[1, 2], [3, 4], [5]],
  );
  for (const { end } of batches) end();
  assert.deepEqual(await Promise.all(all), [10, 20, 30, 40, 50]);
});

test("an outage is everybody's: nobody knows what was committed, and nothing is written again", async () => {
  const { batches, write } = heldWrites();
  const commit = groupCommit({ write });
  const both = Promise.allSettled([commit(1), commit(2)]);
  await turn();
  batches[0]?.fail(unavailable.failure());
  assert.deepEqual(
    (await both).map((each) => each.status === "rejected" && unavailable.is(each.reason)),
    [true, true],
  );
  assert.equal(batches.length, 1);
});

test("in a database, each caller gets its own success or failure", async (t) => {
  const { database } = await testDatabase(t);
  await database.query("create table note (text text primary key)");
  let statements = 0;
  const commit = groupCommit<string, string>({
    async write(items) {
      statements++;
      await database.query("insert into note select unnest($1::text[])", [items]);
      return items;
    },
  });
  await commit("taken");
  const settled = await Promise.allSettled(["a", "taken", "b", "a"].map(commit));
  assert.deepEqual(
    settled.map(({ status }) => status),
    ["fulfilled", "rejected", "fulfilled", "rejected"],
  );
  for (const each of settled) if (each.status === "rejected") assert(isUniqueViolation(each.reason));
  assert.equal((await database.query("select 1 from note")).length, 3);
  statements = 0;
  await Promise.all(Array.from({ length: 100 }, (_, index) => commit(`n${index}`)));
  assert.equal(statements, 1);
});
