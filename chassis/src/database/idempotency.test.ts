import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { idempotencyKeyReused } from "../contract/idempotency-key.ts";
import { testDatabase } from "../testing/servers/postgres.ts";
import type { Database } from "./database.ts";
import { createReplaceResult, forgetOldResults, once } from "./idempotency.ts";

const migrations = [{ name: "chassis/database", folder: new URL("./migrations/", import.meta.url) }];

async function setUp(t: TestContext) {
  const { database } = await testDatabase(t, migrations);
  let effects = 0;
  const ask = (key: string, request: unknown = { a: 1, b: 2 }, scope = "ann") =>
    database.transaction((tx) => once(tx, { scope, key, request }, async () => ({ effect: ++effects })));
  return { database, ask, effects: () => effects };
}

test("a repeat gets the stored result and does nothing", async (t) => {
  const { ask, effects } = await setUp(t);
  assert.deepEqual(await ask("k1"), { effect: 1 });
  assert.deepEqual(await ask("k1", { b: 2, a: 1 }), { effect: 1 });
  assert.equal(effects(), 1);
});

test("a hundred repeats at once have one effect", async (t) => {
  const { ask, effects } = await setUp(t);
  const results = await Promise.all(Array.from({ length: 100 }, () => ask("k1")));
  assert.deepEqual(new Set(results.map(({ effect }) => effect)), new Set([1]));
  assert.equal(effects(), 1);
});

test("another request with the same key is refused; another scope is another key", async (t) => {
  const { ask } = await setUp(t);
  await ask("k1");
  await assert.rejects(ask("k1", { a: 2 }), (error) => idempotencyKeyReused.is(error));
  assert.deepEqual(await ask("k1", { a: 2 }, "bob"), { effect: 2 });
});

test("work that failed leaves its key free", async (t) => {
  const { database, ask } = await setUp(t);
  const fail = () => Promise.reject(new Error("no"));
  const keyed = { scope: "ann", key: "k1", request: { a: 1, b: 2 } };
  await assert.rejects(
    database.transaction((tx) => once(tx, keyed, fail)),
    /no/,
  );
  assert.deepEqual(await ask("k1"), { effect: 1 });
});

test("a result can be replaced, and is forgotten after a day", async (t) => {
  const { database, ask } = await setUp(t);
  await ask("k1");
  await createReplaceResult(database)({ scope: "ann", key: "k1", result: { effect: 99 } });
  assert.deepEqual(await ask("k1"), { effect: 99 });
  await age(database);
  assert.equal(await forgetOldResults(database, 1), false);
  assert.deepEqual(await ask("k1"), { effect: 2 });
});

const age = (database: Database) => database.query("update idempotency set created_at = now() - interval '25 hours'");
