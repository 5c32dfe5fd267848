import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { Type } from "typebox";
import { event } from "../../contract/event.ts";
import { Personal } from "../../contract/personal.ts";
import { Fields } from "../../contract/schema.ts";
import { saga } from "../../saga/definition/saga.ts";
import { createLog } from "../../telemetry/log.ts";
import { testDatabase } from "../../testing/servers/postgres.ts";
import { erasePeople } from "./erase-person.ts";

const migrations = ["database", "messaging", "saga"].map((part) => ({
  name: part,
  folder: new URL(`../../${part}/migrations/`, import.meta.url),
}));

const Guest = Fields({ guestId: Type.String(), name: Personal(Type.String()) });
const arrived = event("guest.arrived", { key: "guestId", body: Guest });
const welcome = saga("welcome", Guest)
  .pivot("greet", { within: async () => {} })
  .fails(async () => {});

async function hotel(t: TestContext) {
  const { database } = await testDatabase(t, migrations);
  await database.query("create table guest (id integer primary key, guest_id text not null, name text not null)");
  const { erase, worker } = erasePeople(database, createLog({ service: "hotel", level: "silent" }), () => ({
    events: [arrived],
    sagas: [welcome],
    rows: [{ table: "guest", key: "id", where: "guest_id = $1 and name <> ''", set: "name = ''" }],
    days: 14,
  }));
  const message = (guestId: string) =>
    JSON.stringify({ type: arrived.type, version: 1, body: { guestId, name: "Ann" } });
  return {
    database,
    message,
    /** Ann goes, and is looked for. */
    async annGoes() {
      await database.transaction((tx) => erase(tx, "ann"));
      await worker.run();
    },
    count: async (from: string) =>
      Number((await database.query<{ n: number }>(`select count(*) as n from ${from}`))[0]?.n),
  };
}

test("every page of a large outbox is looked through, what is on its way is left until it has been sent", async (t) => {
  const { database, message, annGoes, count } = await hotel(t);
  const add = `insert into outbox (key, message, sent_at) select 'k', $1, $3 from generate_series(1, $2)`;
  for (const [guest, rows] of [
    ["ann", 1_500],
    ["bob", 1_500],
    ["ann", 1_500],
  ] as const)
    await database.query(add, [message(guest), rows, new Date()]);
  await database.query(add, [message("ann"), 1, null]);
  const telling = `outbox where message::text like '%"guestId":"ann","name":"Ann"%'`;
  await annGoes();
  assert.equal(await count(telling), 1);
  assert.equal(await count(`outbox where message::text like '%"guestId":"bob","name":"Ann"%'`), 1_500);
  assert.equal(await count("erasure where due_at < now() + interval '5 seconds'"), 1, "it is looked for again soon");
  await database.query("update outbox set sent_at = now()");
  await annGoes();
  assert.equal(await count(telling), 0);
});

test("rows that others have locked are erased as soon as they are free, all others at once", async (t) => {
  const { database, annGoes, count } = await hotel(t);
  await database.query(
    "insert into guest select n, case when n > 2500 then 'bob' else 'ann' end, 'Ann' from generate_series(1, 2501) n",
  );
  await database.transaction(
    async (tx) => {
      await tx.query("select from guest where id = 7 for update");
      await annGoes();
      assert.equal(await count("guest where name <> ''"), 2);
    },
    { isolation: "read committed" },
  );
  await annGoes();
  assert.equal(await count("guest where name <> ''"), 1);
});

test("ended sagas and answers to idempotency keys are erased; those who came last are no longer looked for after their days", async (t) => {
  const { database, annGoes, count } = await hotel(t);
  await database.query(
    `insert into saga (id, name, key, input, status, ended_at, due_at, request_id, traceparent)
     select gen_random_uuid(), 'welcome', guest || state, json_build_object('guestId', guest, 'name', 'Ann'), state,
       case state when 'done' then now() end, case state when 'running' then now() end, 'r', ''
       from unnest(array['ann', 'bob']) guest, unnest(array['done', 'running']) state`,
  );
  await database.query(
    `insert into idempotency (scope, key, fingerprint, result)
     values ('book ann', '1', '', '{}'), ('book admin', '1', '', '{"guestId":"ann"}'), ('book bob', '1', '', '{}')`,
  );
  await annGoes();
  assert.equal(await count("saga where input->>'name' = 'Ann'"), 3, "one that is under way is left for now");
  assert.equal(
    await count("saga where status = 'done' and input->>'guestId' = 'ann' and input->>'name' = '[erased]'"),
    1,
  );
  assert.deepEqual(await database.query("select scope from idempotency"), [{ scope: "book bob" }]);
  await database.query("update erasure set asked_at = now() - interval '15 days', due_at = now()");
  await database.query("insert into erasure (subject) values ('carl')");
  await annGoes();
  await database.query("update erasure set asked_at = now() - interval '15 days' where subject = 'carl'");
  await annGoes();
  assert.deepEqual(await database.query("select subject from erasure"), [{ subject: "ann" }]);
});
