import assert from "node:assert/strict";
import { test } from "node:test";
import { testDatabase } from "../../testing/servers/postgres.ts";
import { saveSagas } from "../store/save-sagas.ts";
import { sagaHousekeeping } from "./housekeeping.ts";

const migrations = [{ name: "saga", folder: new URL("../migrations/", import.meta.url) }];

/** Sagas that began, and if they have ended also ended, so many days ago. */
const INSERT = `insert into saga (id, name, key, input, step, ended_at, status, due_at, request_id, traceparent)
  select (left(time, 8) || '-' || right(time, 4) || '-7000-8000-' || lpad(n::text, 12, '0'))::uuid, 'sell', $3 || $1::text || n, '{}', null,
    case when $3 = 'ended' then now() - $1::integer * interval '1 day' end,
    case when $3 = 'ended' then 'done' else 'running' end, case when $3 = 'ended' then null else now() end, 'r', ''
  from generate_series(1, $2::integer) as n, (select
    lpad(to_hex((extract(epoch from now() - $1::integer * interval '1 day') * 1000)::bigint), 12, '0') as time) as began`;

test("sagas that ended a month ago are removed, in bounded steps; those under way and those that ended later stay", async (t) => {
  const { database } = await testDatabase(t, migrations);
  await database.query(INSERT, [40, 1_500, "ended"]);
  await database.query(INSERT, [41, 1_200, "open"]);
  await database.query(INSERT, [3, 5, "ended"]);
  const left = async () => (await database.query("select 1 from saga where status = 'done'")).length;
  const step = sagaHousekeeping(database, 30);
  const seen: number[] = [];
  for (let more = true; more; seen.push(await left())) more = await step();
  assert.deepEqual(seen.at(-1), 5);
  assert(
    seen.every((count, index) => (seen[index - 1] ?? 1_505) - count <= 1_000),
    `${seen}`,
  );
  assert.equal((await database.query("select 1 from saga where status = 'running'")).length, 1_200);
});

test("progress is saved by the index, also with a plan that was made when the table was empty", async (t) => {
  const { database } = await testDatabase(t, migrations);
  const statements: string[] = [];
  const spy = {
    query: async <Row extends object>(text: string): Promise<Row[]> => {
      statements.push(text);
      return [];
    },
  };
  await saveSagas(spy, []);
  await database.transaction(async (tx) => {
    await tx.query("set local plan_cache_mode = force_generic_plan");
    await tx.query(`prepare save as ${statements[0]}`);
    const plan = await tx.query<{ "QUERY PLAN": string }>("explain execute save('[]')");
    const text = plan.map((line) => line["QUERY PLAN"]).join("\n");
    assert.match(text, /Index Scan using saga_pkey/);
    assert.doesNotMatch(text, /Seq Scan on saga|Hash Join/);
  });
});
