import { deepEqual, match } from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { type Database, openDatabase } from "../../database/database.ts";
import { sqlState } from "../../database/postgres-error.ts";
import { eventually } from "../../testing/eventually.ts";
import { postgresServer } from "../../testing/servers/postgres.ts";
import {
  consuming,
  deadLetters,
  effectsBecome,
  happened,
  oneDeadLetter,
  soon,
  writeEffect,
} from "../consumer/consumer.fixture.ts";
import { type Happened, quiet } from "../messaging.fixture.ts";
import type { EventHandler } from "../messaging.ts";

/** What ails the consumer's own database, and what makes it well; done by the superuser in it. */
const outages: [string, string, string, string][] = [
  [
    "is read-only",
    "alter database %s set default_transaction_read_only = on",
    "alter database %s reset default_transaction_read_only",
    "25006",
  ],
  ["has lost the table of the inbox", "alter table inbox rename to lost", "alter table lost rename to inbox", "42P01"],
];

/** Makes what runs a statement as the superuser, in a session of its own, and ends those of everybody else. */
async function superuserOf(t: TestContext, database: Database) {
  const [row] = await database.query<{ name: string }>("select current_database() as name");
  const { name } = row as { name: string };
  const url = Object.assign(new URL(await postgresServer()), { pathname: `/${name}` }).href;
  const superuser = openDatabase({
    url: `${url}?options=-c%20default_transaction_read_only=off`,
    name: "test",
    log: quiet,
  });
  t.after(() => superuser.close());
  return async (statement: string) => {
    await superuser.query(statement.replace("%s", name));
    await superuser.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and pid <> pg_backend_pid()",
      [name],
    );
  };
}

/** A log that keeps the SQLSTATEs of the errors that are told. */
function telling() {
  const codes = new Set<string | undefined>();
  const warn = (facts: object) => codes.add(sqlState((facts as { err?: unknown }).err));
  const log = Object.assign(Object.create(quiet), { warn }) as typeof quiet;
  return { log, codes };
}

for (const [what, ail, heal, code] of outages) {
  describe(`a consumer whose own database ${what}`, { timeout: 60_000 }, () => {
    it("waits, counts nothing and parks nothing, and then goes on in the order of the key", async (t) => {
      const { log, codes } = telling();
      const { database, broker } = await consuming(t, writeEffect, { attempts: 1, backoff: soon, log });
      const administer = await superuserOf(t, database);
      await administer(ail);
      await broker.publish([1, 2, 3].map((number) => happened({ thingId: "a", number })));
      await eventually(() => codes.has(code));
      await administer(heal);
      await effectsBecome(database, 1, 2, 3);
      deepEqual(await deadLetters(database), []);
    });
  });
}

describe("a handler whose own table is missing", { timeout: 60_000 }, () => {
  it("is counted and parked after its attempts, and others flow", async (t) => {
    const handle: EventHandler<Happened> = async (body, tx, message) => {
      if (body.thingId === "poison") await tx.query("insert into not_there values (1)");
      await writeEffect(body, tx, message);
    };
    const { database, broker } = await consuming(t, handle, { attempts: 3, backoff: soon });
    await broker.publish([happened({ thingId: "poison", number: 1 }), happened({ thingId: "a", number: 2 })]);
    const { cause, attempts } = await oneDeadLetter(database);
    match(cause, /not_there/);
    deepEqual(attempts, 3);
    await effectsBecome(database, 2);
  });
});
