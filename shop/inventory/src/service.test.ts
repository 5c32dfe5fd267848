import assert from "node:assert/strict";
import { test } from "node:test";
import { type BodyOf, contract } from "@flotilla/chassis/contract";
import type { Database } from "@flotilla/chassis/database";
import { notFound } from "@flotilla/chassis/failure";
import { on, type Publish } from "@flotilla/chassis/messaging";
import { type Client, defineService } from "@flotilla/chassis/service";
import { eventually, startInProcess } from "@flotilla/chassis/testing";
import { inventory, outOfStock, stockChanged } from "@flotilla/contracts/inventory";
import { getProduct, type Product, productCreated, productDeleted } from "@flotilla/contracts/products";
import { service } from "./service.ts";

const facts = { name: "Mug", price: { amount: 100, currency: "EUR" as const }, category: "kitchen", version: 1 };

/** A catalogue that tells of products, has "unannounced" besides, and listens to the inventory. */
function catalogue() {
  const heard: BodyOf<typeof stockChanged>[] = [];
  const parts = Promise.withResolvers<{
    database: Database;
    publish: Publish;
    stock: Client<typeof inventory>;
  }>();
  const products = defineService(
    contract("products", { calls: { getProduct }, events: { productCreated, productDeleted } }),
    {
      calls: { inventory: inventory.calls },
      consumes: [on(stockChanged, async (body) => void heard.push(body))],
      wire({ database, publish, clients }) {
        parts.resolve({ database, publish, stock: clients.inventory });
        return {
          answers: {
            async getProduct({ params: { id } }) {
              if (id !== "unannounced") throw notFound.failure();
              const at = "2030-01-01T00:00:00Z";
              const { name, price, category, version } = facts;
              const details = { name, description: "", price, category, imageUrl: "/mug.svg", available: 0 };
              return { id, ...details, createdAt: at, updatedAt: at, version } satisfies Product;
            },
          },
        };
      },
    },
  );
  return { products, heard, parts: parts.promise };
}

test("a new product gets its initial stock, another service reserves and sells it, and each change is told in order", async (t) => {
  const { products, heard, parts } = catalogue();
  const shop = await startInProcess(t, [{ service }, { service: products }]);
  const { database, publish, stock } = await parts;
  const mug = { params: { productId: "mug" } };
  await database.transaction((tx) => publish(tx, productCreated, { productId: "mug", initialStock: 3, ...facts }));
  await eventually(async () => (await stock.getStock(mug)).available === 3);

  const order = { params: { orderId: "order" } };
  const lines = [{ productId: "mug", quantity: 2 }];
  assert.deepEqual(await stock.reserveStock({ ...order, body: { lines } }), { orderId: "order", state: "reserved" });
  await assert.rejects(stock.reserveStock({ params: { orderId: "another" }, body: { lines } }), outOfStock.is);
  assert.equal((await stock.sellStock(order)).state, "sold");
  assert.deepEqual(await stock.getStock(mug), { productId: "mug", available: 1, reserved: 0, sold: 2 });
  assert.equal((await stock.releaseStock(order)).state, "released");

  await database.transaction((tx) => publish(tx, productDeleted, { productId: "mug", version: 2 }));
  await eventually(() => heard.length === 5);
  assert.deepEqual(
    heard.map(({ version, available, reserved, sold }) => [version, available, reserved, sold]),
    [
      [1, 3, 0, 0],
      [2, 1, 2, 0],
      [3, 1, 0, 2],
      [4, 3, 0, 0],
      [5, 0, 0, 0],
    ],
  );

  const known = await fetch(`${shop.url("inventory")}/inventory/unannounced`);
  assert.deepEqual(await known.json(), { productId: "unannounced", available: 0, reserved: 0, sold: 0 });
  const unknown = await fetch(`${shop.url("inventory")}/inventory/unheard-of`);
  assert.equal(unknown.status, 404);
});
