import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "@flotilla/chassis/service";
import { createLog } from "@flotilla/chassis/telemetry";
import { openDatabase } from "../../chassis/src/database/database.ts";
import { postgresBroker } from "../../chassis/src/messaging/brokers/postgres/postgres-broker.ts";
import { testDatabase } from "../../chassis/src/testing/servers/postgres.ts";
import { startTestServer } from "../../chassis/src/testing/servers/postgres-server.ts";
import { startShop } from "./fixtures/shop.ts";
import { eventually } from "./fixtures/visitor.ts";

/** What an order may cost that is alone in the shop, all databases and the embedded broker's together: see "What an order costs" in ARCHITECTURE.md. */
const BUDGET = { inserted: 26, updated: 31, deleted: 4, commits: 42 };

const FIGURES = ["inserted", "updated", "deleted", "commits"] as const;
const NOTHING_COUNTED = {
  inserted: Number.POSITIVE_INFINITY,
  updated: Number.POSITIVE_INFINITY,
  deleted: Number.POSITIVE_INFINITY,
  commits: Number.POSITIVE_INFINITY,
};

/** So many are counted one by one, and the least of each figure is taken: now and then a lease is renewed meanwhile. */
const ORDERS = 15;

/** Counted in the log of what is written, which is exact at once, whereas the server's statistics come late. */
const WRITTEN = `
  select count(*) filter (where record_type like 'INSERT%' and resource_manager = 'Heap') as inserted,
    count(*) filter (where record_type ~ '^(HOT_)?UPDATE') as updated,
    count(*) filter (where record_type like 'DELETE%' and resource_manager = 'Heap') as deleted,
    count(*) filter (where resource_manager = 'Transaction' and record_type like 'COMMIT%') as commits
  from pg_get_wal_records_info($1, $2)`;

test("an order costs no more writes and commits than its budget", async (t) => {
  const server = await startTestServer();
  t.after(() => t.after(() => t.after(() => server.stop())));
  process.env["TEST_POSTGRES_URL"] = server.url;
  const { url, database } = await testDatabase(t);
  const log = createLog({ service: "broker", level: "silent" });
  const shop = await startShop(t, { broker: await postgresBroker({ url, clock: systemClock, log }) });
  const product = await shop.admin.addProduct({ name: "Anchor", price: 4_950 }, 1_000);
  const ann = await shop.customer();
  const inspector = openDatabase({ url: server.url, name: "inspector", log });
  t.after(() => inspector.close());
  await inspector.query("create extension pg_walinspect");
  // What the server writes down about tables is no order's.
  await inspector.query("alter system set autovacuum = off");
  await inspector.query("select pg_reload_conf()");

  /** Where the log ends, once what was under way is done and written down. */
  async function position(): Promise<string> {
    await eventually("everything has been delivered", async () => {
      const [left] = await database.query<{ count: number }>("select count(*) from delivery");
      const [mails] = await shop
        .database("email")
        .query<{ count: number }>("select count(*) from mail where state = 'queued'");
      const unsent = await Promise.all(
        ["orders", "inventory", "payments"].map(async (service) => {
          const [row] = await shop
            .database(service)
            .query<{ count: number }>("select count(*) from outbox where sent_at is null");
          return row?.count;
        }),
      );
      return [left?.count, mails?.count, ...unsent].every((count) => count === 0) || undefined;
    });
    // The commit of a transaction that has written is what waits for all before it.
    await inspector.transaction(async (tx) => {
      await tx.query("set local synchronous_commit = on");
      await tx.query("select pg_logical_emit_message(true, '', '')");
    });
    const [row] = await inspector.query<{ end: string }>("select pg_current_wal_flush_lsn()::text as end");
    return row?.end as string;
  }

  await ann.order(product.id, 1);
  const least = { ...NOTHING_COUNTED };
  let begin = await position();
  for (let count = 0; count < ORDERS; count++) {
    const { status } = await ann.order(product.id, 1);
    assert.equal(status, "confirmed");
    const end = await position();
    const [written] = await inspector.query<typeof BUDGET>(WRITTEN, [begin, end]);
    for (const figure of FIGURES) least[figure] = Math.min(least[figure], written?.[figure] ?? 0);
    begin = end;
  }
  t.diagnostic(JSON.stringify(least));
  for (const figure of FIGURES) {
    assert.ok(
      least[figure] <= BUDGET[figure],
      `${least[figure]} ${figure} for an order, where its budget is ${BUDGET[figure]}`,
    );
    assert.ok(
      least[figure] > BUDGET[figure] / 2,
      `${least[figure]} ${figure} for an order: ${BUDGET[figure]} is out of date`,
    );
  }
});
