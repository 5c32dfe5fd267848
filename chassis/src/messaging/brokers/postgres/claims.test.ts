import { deepEqual, equal, ok } from "node:assert/strict";
import { describe, it } from "node:test";
import type { Database } from "../../../database/database.ts";
import { eventually } from "../../../testing/eventually.ts";
import { testDatabase } from "../../../testing/servers/postgres.ts";
import { testMessage } from "../../../testing/suites/broker-under-test.ts";
import { serviceDatabase, thingHappened } from "../../messaging.fixture.ts";
import { createPublish } from "../../outbox/outbox.ts";
import { claimUnsent, markSent, markUnsent, releaseClaim } from "../../outbox/outbox-store.ts";
import { brokerMigrations } from "./migrate-broker.ts";
import {
  addSubscriptions,
  claimDeliveries,
  finishDeliveries,
  giveBackDeliveries,
  renewLeases,
  storeMessages,
} from "./postgres-broker-store.ts";

const LEASE = 30_000;
const MANY = 2 ** 40;

/** What the second of two claims gets that begins while the first has not been committed. */
async function secondClaim<T>(
  database: Database,
  first: (database: Pick<Database, "query">) => Promise<unknown>,
  second: () => Promise<T>,
): Promise<T> {
  let result: Promise<T> | undefined;
  await database.transaction(async (tx) => {
    await first(tx);
    let ended = false;
    result = second().finally(() => {
      ended = true;
    });
    await eventually(async () => ended || (await waitingForLocks(database)) > 0);
  });
  return result as Promise<T>;
}

const waitingForLocks = async (database: Database) =>
  (
    await database.query(`select 1 from pg_locks l join pg_database d on d.oid = l.database
      where d.datname = current_database() and l.locktype = 'advisory' and not l.granted`)
  ).length;

describe("claims that are made at the same time", () => {
  it("never split the events of a key in the outbox", async (t) => {
    const { database } = await serviceDatabase(t);
    const publish = createPublish({ service: "things", onCommit: () => {} });
    await database.transaction(async (tx) => {
      await publish(tx, thingHappened, { thingId: "a", number: 1 });
      await publish(tx, thingHappened, { thingId: "a", number: 2 });
      await publish(tx, thingHappened, { thingId: "b", number: 3 });
    });
    const { rows } = await secondClaim(
      database,
      (tx) => claimUnsent(tx, { events: 1, bytes: MANY }, LEASE),
      () => claimUnsent(database, { events: 10, bytes: MANY }, LEASE),
    );
    deepEqual(
      rows.map(({ message }) => message.key),
      ["b"],
    );
  });

  it("never split the messages of a lane in the broker", async (t) => {
    const { database } = await testDatabase(t, [brokerMigrations]);
    await addSubscriptions(database, new Map([["thing.happened", ["reader"]]]));
    await storeMessages(database, [testMessage({ key: "a" }), testMessage({ key: "a" }), testMessage({ key: "b" })]);
    const claim = { bytes: MANY, perLane: 4, lease: LEASE };
    const rows = await secondClaim(
      database,
      (tx) => claimDeliveries(tx, "reader", { ...claim, limit: 1 }),
      () => claimDeliveries(database, "reader", { ...claim, limit: 10 }),
    );
    deepEqual(
      rows.map(({ message }) => message.key),
      ["b"],
    );
  });
});

/** Rows of a table that were looked at in this transaction. */
async function rowsRead(tx: Pick<Database, "query">, table: string): Promise<number> {
  const [read] = await tx.query<{ count: number }>(
    `select pg_stat_get_xact_tuples_returned('${table}'::regclass) + pg_stat_get_xact_tuples_fetched('${table}'::regclass) as count`,
  );
  return read?.count ?? 0;
}

describe("a backlog that has come since the server last looked at its tables", () => {
  it("costs no more rows than are claimed and marked in the outbox", async (t) => {
    const { database } = await serviceDatabase(t);
    await database.query("alter table outbox set (autovacuum_enabled = false)");
    await database.transaction(async (tx) => {
      // The plan is made, and kept, while there is next to nothing.
      for (let times = 0; times < 7; times++) await claimUnsent(tx, { events: 100, bytes: MANY }, LEASE);
      await tx.query("insert into outbox (key, message) select n, '{}' from generate_series(1, 5000) n");
      const { rows } = await claimUnsent(tx, { events: 100, bytes: MANY }, LEASE);
      await markSent(
        tx,
        rows.map(({ seq }) => seq),
      );
      equal(rows.length, 100);
      ok((await rowsRead(tx, "outbox")) < 2_000, `${await rowsRead(tx, "outbox")} rows`);
    });
  });

  it("costs no more rows than are claimed and ended in the broker", async (t) => {
    const { database } = await testDatabase(t, [brokerMigrations]);
    await database.query("alter table delivery set (autovacuum_enabled = false)");
    await database.transaction(async (tx) => {
      const claim = { limit: 100, bytes: MANY, perLane: 4, lease: LEASE };
      for (let times = 0; times < 7; times++) await claimDeliveries(tx, "reader", claim);
      await tx.query(
        "insert into delivery (consumer, message_id, lane, message) select 'reader', n, n, '{}' from generate_series(1, 5000) n",
      );
      const rows = await claimDeliveries(tx, "reader", claim);
      await finishDeliveries(tx, "reader", rows);
      equal(rows.length, 100);
      ok((await rowsRead(tx, "delivery")) < 2_000, `${await rowsRead(tx, "delivery")} rows`);
    });
  });
});

describe("leases that are extended while deliveries are being ended", () => {
  it("wait for none of these", async (t) => {
    const { database } = await testDatabase(t, [brokerMigrations]);
    await addSubscriptions(database, new Map([["thing.happened", ["reader"]]]));
    await storeMessages(database, [testMessage(), testMessage(), testMessage()]);
    const held = await claimDeliveries(database, "reader", { limit: 10, bytes: MANY, perLane: 4, lease: LEASE });
    const [first, ...others] = held;
    await database.transaction(async (tx) => {
      await finishDeliveries(tx, "reader", first ? [first] : []);
      deepEqual(await renewLeases(database, "reader", held, LEASE), others);
    });
    deepEqual(await renewLeases(database, "reader", held, LEASE), others);
  });
});

describe("a claim whose lease has ended and that is another's now", () => {
  it("neither frees nor parks an event of the outbox", async (t) => {
    const { database } = await serviceDatabase(t);
    const publish = createPublish({ service: "things", onCommit: () => {} });
    await database.transaction((tx) => publish(tx, thingHappened, { thingId: "a", number: 1 }));
    const stale = await claimUnsent(database, { events: 10, bytes: MANY }, 0);
    const current = await claimUnsent(database, { events: 10, bytes: MANY }, LEASE);
    deepEqual(current.rows, stale.rows);
    await releaseClaim(database, stale);
    const unsent = stale.rows.map(({ seq }) => ({ seq, attempts: 1, retryIn: null, cause: "stale", park: true }));
    await markUnsent(database, stale.claim, unsent);
    const rows = await database.query("select claim, attempts, held_until > now() as held, parked_at from outbox");
    deepEqual(rows, [{ claim: current.claim, attempts: 0, held: true, parked_at: null }]);
  });

  it("neither finishes, gives back nor extends a delivery", async (t) => {
    const { database } = await testDatabase(t, [brokerMigrations]);
    await addSubscriptions(database, new Map([["thing.happened", ["reader"]]]));
    await storeMessages(database, [testMessage()]);
    const claim = { limit: 10, bytes: MANY, perLane: 4 };
    const stale = await claimDeliveries(database, "reader", { ...claim, lease: 0 });
    const current = await claimDeliveries(database, "reader", { ...claim, lease: LEASE });
    await finishDeliveries(database, "reader", stale);
    const givenBack = stale.map((row) => ({ ...row, attempt: 2, delay: null }));
    await giveBackDeliveries(database, "reader", givenBack);
    deepEqual(await renewLeases(database, "reader", stale, LEASE), []);
    const rows = await database.query("select claim, attempt, held_until > now() as held from delivery");
    deepEqual(rows, [{ claim: current[0]?.claim, attempt: 1, held: true }]);
  });
});
