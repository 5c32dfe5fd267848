import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import pg from "pg";
import { type Cleanup, postgresServer, testDatabase } from "./postgres.ts";

test("each test gets a migrated database of its own, also when several ask at once", async (t) => {
  const set = { name: "database", folder: new URL("../../database/migrations/", import.meta.url) };
  const [one, other] = await Promise.all([testDatabase(t, [set]), testDatabase(t)]);
  assert.notEqual(one.url, other.url);
  const applied = await one.database.query("select * from migration");
  assert.equal(applied.length, readdirSync(set.folder).length);
  assert.deepEqual(await other.database.query("select 1 as number"), [{ number: 1 }]);
});

test("the database goes after everything else of the test was cleaned up", async () => {
  const hooks: (() => void | Promise<void>)[] = [];
  const t: Cleanup = { after: (hook) => hooks.push(hook) };
  const { url, database } = await testDatabase(t);
  t.after(async () => assert.equal((await database.query("select 1")).length, 1));
  for (const hook of hooks) await hook();
  assert.equal(hooks.length, 3);
  const name = new URL(url).username;
  const client = new pg.Client({ connectionString: await postgresServer() });
  await client.connect();
  const left = await client.query("select datname from pg_database where datname = $1", [name]);
  const roles = await client.query("select rolname from pg_roles where rolname = $1", [name]);
  await client.end();
  assert.deepEqual([left.rows, roles.rows], [[], []]);
});
