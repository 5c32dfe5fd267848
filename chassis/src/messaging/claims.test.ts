import { deepEqual } from "node:assert/strict";
import { describe, it } from "node:test";
import type { Database } from "../database/database.ts";
import { testMessage } from "../testing/broker-under-test.ts";
import { eventually } from "../testing/eventually.ts";
import { testDatabase } from "../testing/postgres.ts";
import { serviceDatabase, thingHappened } from "./messaging.fixture.ts";
import { brokerMigrations } from "./migrate-broker.ts";
import { createPublish } from "./outbox.ts";
import { claimUnsent } from "./outbox-store.ts";
import { addSubscriptions, claimDeliveries, storeMessages } from "./postgres-broker-store.ts";

const LEASE = 30_000;

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
      (tx) => claimUnsent(tx, 1, LEASE),
      () => claimUnsent(database, 10, LEASE),
    );
    deepEqual(
      rows.map(({ message }) => message.key),
      ["b"],
    );
  });

  it("never split the messages of a lane in the broker", async (t) => {
    const { database } = await testDatabase(t, [brokerMigrations]);
    await addSubscriptions(database, "reader", ["thing.happened"]);
    await storeMessages(database, [testMessage({ key: "a" }), testMessage({ key: "a" }), testMessage({ key: "b" })]);
    const claim = { perLane: 4, lease: LEASE };
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
