import assert from "node:assert/strict";
import { before, test } from "node:test";
import type { Database } from "@flotilla/chassis/database";
import { fileCleanup } from "@flotilla/chassis/testing";
import type { Product } from "@flotilla/contracts/products";
import { type Shop, startShop } from "./fixtures/shop.ts";
import { eventually } from "./fixtures/visitor.ts";

/* F-10 and F-18 of the guarantees: a part of the shop is slow, or has no connection to its database left. */
let shop: Shop;
let product: Product;

before(async () => {
  shop = await startShop(fileCleanup);
  product = await shop.admin.addProduct({ name: "Sextant", price: 12_300 }, 5);
});

/** Does `work` while whoever needs the stock waits for it. */
const whileStockIsLocked = <T>(work: () => Promise<T>): Promise<T> =>
  shop.database("inventory").transaction(async (tx) => {
    await tx.query("lock table stock");
    return work();
  });

const waitingFor = (database: Database, text: string) =>
  database.query<{ pid: number }>(
    `select pid from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock' and strpos(query, $1) > 0`,
    [text],
  );

/** Asks inventory itself, with so many milliseconds to answer in. */
const askInventory = (method: string, path: string, milliseconds: number, body?: object): Promise<Response> =>
  fetch(`${shop.url("inventory")}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${shop.admin.session?.accessToken}`,
      "x-deadline-ms": String(milliseconds),
      ...(body ? { "content-type": "application/json" } : {}),
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });

const stock = async () => (await shop.admin.ask("GET", `/api/inventory/${product.id}`)).body.available;

test("what waits longer than its caller is not done afterwards, and those who don't need it go on", async () => {
  const database = shop.database("inventory");
  await whileStockIsLocked(async () => {
    const late = askInventory("PUT", `/inventory/${product.id}`, 1_000, { available: 99 });
    await eventually("the change waits", async () => (await waitingFor(database, "stock")).length > 0 || undefined);
    assert.equal((await shop.admin.ask("GET", `/api/products/${product.id}`)).status, 200);
    assert.equal((await late).status, 504);
    await eventually("nothing waits", async () => (await waitingFor(database, "stock")).length === 0 || undefined);
  });
  assert.equal(await stock(), 5);
});

test("with every connection taken others are refused while it lasts, health is told, and then all goes on", async () => {
  const path = `/inventory/${product.id}`;
  const database = shop.database("inventory");
  const taken = await whileStockIsLocked(async () => {
    const holders = Array.from({ length: 10 }, () => askInventory("GET", path, 9_000));
    const allWait = async () => (await waitingFor(database, "stock")).length === 10 || undefined;
    await eventually("all connections are taken", allWait);
    const refused = await Promise.all(Array.from({ length: 20 }, () => askInventory("GET", path, 9_000)));
    for (const answer of refused) {
      assert.deepEqual([answer.status, answer.headers.get("retry-after")], [503, "1"]);
      assert.equal(((await answer.json()) as { code: string }).code, "unavailable");
    }
    assert.equal((await fetch(`${shop.url("inventory")}/health/ready`)).status, 200);
    return holders;
  });
  assert.deepEqual(
    (await Promise.all(taken)).map(({ status }) => status),
    Array.from({ length: 10 }, () => 200),
  );
  assert.equal((await askInventory("GET", path, 9_000)).status, 200);
});
