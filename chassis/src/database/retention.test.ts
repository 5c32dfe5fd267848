import assert from "node:assert/strict";
import { test } from "node:test";
import { testDatabase } from "../testing/servers/postgres.ts";
import { type Retention, removeOld } from "./retention.ts";

const letters: Retention = { table: "letter", key: "id", since: "made_at", days: 30, where: "state <> 'queued'" };

test("old rows are removed in bounded steps that wait for nobody, and nothing else is", async (t) => {
  const { database } = await testDatabase(t);
  await database.query("create table letter (id text primary key, state text not null, made_at timestamptz not null)");
  await database.query("create index letter_made_at on letter (made_at)");
  await database.query(`insert into letter
    select n::text, case when n % 100 = 0 then 'queued' else 'sent' end, now() - interval '31 days' from generate_series(1, 2500) n`);
  await database.query("insert into letter values ('young', 'sent', now() - interval '29 days')");
  const left = async () => (await database.query("select 1 from letter")).length;
  await database.transaction(async (tx) => {
    await tx.query("select from letter where id = '1' for update");
    const seen = [await left()];
    while (await removeOld(database, letters)) seen.push(await left());
    seen.push(await left());
    assert.deepEqual(seen, [2_501, 1_501, 501, 27]);
  });
  assert.equal(await removeOld(database, letters), false);
  const kept = await database.query<{ id: string }>("select id from letter order by length(id), id");
  assert.deepEqual(kept.length, 26);
  assert.ok(kept.every(({ id }) => id === "young" || Number(id) % 100 === 0));
});
