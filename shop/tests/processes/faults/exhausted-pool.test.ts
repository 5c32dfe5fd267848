import assert from "node:assert/strict";
import { test } from "node:test";
import { fileCleanup } from "@flotilla/chassis/testing";
import { eventually } from "../../fixtures/visitor.ts";
import { runShop, shopFolder } from "../fixtures/running-shop.ts";
import { whileLocked } from "./held-lock.ts";
import { directCaller } from "./partitioned-shop.ts";

/* F-18 in short: every connection of a service to its database is taken. */
const CONNECTIONS = 10;
/** Beyond what is allowed, apart from what the machine itself holds everybody up. */
const GRACE = 500;

test("with every connection taken, who waits for one is refused within a second, health is told, and all goes on after two", async () => {
  const shop = await runShop(fileCleanup, { dataFolder: await shopFolder(fileCleanup) });
  const admin = await shop.admin();
  const { id } = await admin.addProduct({ name: "Bottleneck", price: 900 }, 5);
  const url = (await shop.where()).services["inventory"]?.[0]?.url ?? "";
  const direct = directCaller(fileCleanup);
  const token = admin.session?.accessToken ?? "";
  const ask = (deadline: number) => direct(`${url}/inventory/${id}`, deadline, { token });
  const health = (path: string) => direct(`${url}/health/${path}`, 60_000);
  const database = shop.database("inventory");
  const waiting = async () => {
    const [row] = await database.query<{ count: number }>(
      `select count(*)::integer as count from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'`,
    );
    return row?.count === CONNECTIONS || undefined;
  };

  const holders = await whileLocked(database, "lock table stock", async () => {
    const holding = Array.from({ length: CONNECTIONS }, () => ask(10_000));
    await eventually("all connections are taken", waiting);
    const [refused, alive] = await Promise.all([
      Promise.all(Array.from({ length: 20 }, () => ask(9_000))),
      health("live"),
    ]);
    for (const { status, took } of refused) {
      assert.equal(status, 503);
      assert.ok(took <= 1_000 + GRACE + alive.took, `it was refused after ${Math.round(took)} ms`);
    }
    assert.equal((await health("ready")).status, 200);
    return holding;
  });
  const released = performance.now();
  await eventually("it answers again", async () => (await ask(9_000)).status === 200 || undefined);
  const took = performance.now() - released;
  assert.ok(took <= 2_000 + GRACE + (await health("live")).took, `it took ${Math.round(took)} ms`);
  assert.ok((await Promise.all(holders)).every(({ status }) => status === 200));
});
