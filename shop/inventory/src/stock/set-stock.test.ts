import assert from "node:assert/strict";
import { test } from "node:test";
import { idempotencyKeyReused, notFound } from "@flotilla/chassis/failure";
import { outOfStock, stockLimitReached } from "@flotilla/contracts/inventory";
import { inventoryUnderTest, unbalanced } from "../inventory.fixture.ts";

const two = [{ productId: "mug", quantity: 2 }];

test("a product of the catalogue has stock before its event comes, an unknown one is not found", async (t) => {
  const inventory = await inventoryUnderTest(t);
  inventory.inCatalogue.add("mug");
  assert.deepEqual(await inventory.pieces("mug"), [0, 0, 0]);
  await assert.rejects(inventory.getStock("unheard-of"), notFound.is);
  await assert.rejects(inventory.setStock("unheard-of", 1), notFound.is);
  await assert.rejects(inventory.restock("unheard-of", 1), notFound.is);
});

test("setting stock sets what is available, and leaves what is reserved and sold", async (t) => {
  const inventory = await inventoryUnderTest(t);
  await inventory.stocked("mug", 5);
  await inventory.reserve("order", two);
  await inventory.setStock("mug", 1);
  await inventory.setStock("mug", 1);
  assert.deepEqual(await inventory.pieces("mug"), [1, 2, 0]);
  assert.deepEqual((await inventory.events()).at(-1), {
    productId: "mug",
    available: 1,
    reserved: 2,
    sold: 0,
    version: 3,
  });
  assert.deepEqual(await unbalanced(inventory.database), []);
});

test("restocking adds each time, with a key once for each administrator", async (t) => {
  const inventory = await inventoryUnderTest(t);
  await inventory.stocked("mug", 0);
  await Promise.all([inventory.restock("mug", 3), inventory.restock("mug", 3)]);
  assert.deepEqual(await inventory.pieces("mug"), [6, 0, 0]);
  const repeats = await Promise.all([1, 2, 3].map(() => inventory.restock("mug", 3, { key: "key" })));
  assert.deepEqual(new Set(repeats.map(({ available }) => available)), new Set([9]));
  await inventory.restock("mug", 3, { id: "another", key: "key" });
  assert.deepEqual(await inventory.pieces("mug"), [12, 0, 0]);
  await assert.rejects(inventory.restock("mug", 4, { key: "key" }), idempotencyKeyReused.is);
});

test("more pieces than can be counted are refused", async (t) => {
  const inventory = await inventoryUnderTest(t);
  await inventory.stocked("mug", 1_000_000_000);
  await inventory.reserve("order", Array(20).fill({ productId: "mug", quantity: 50_000_000 }));
  await inventory.setStock("mug", 1_000_000_000);
  await assert.rejects(inventory.restock("mug", 1), stockLimitReached.is);
});

test("the initial stock is added once", async (t) => {
  const inventory = await inventoryUnderTest(t);
  inventory.inCatalogue.add("mug");
  await inventory.getStock("mug");
  await inventory.created("mug", 40);
  await inventory.created("mug", 40);
  assert.deepEqual(await inventory.pieces("mug"), [40, 0, 0]);
});

test("the initial stock comes on top of a restock, but not after an administrator has set the stock", async (t) => {
  const restocked = await inventoryUnderTest(t);
  restocked.inCatalogue.add("mug");
  await restocked.restock("mug", 2);
  await restocked.created("mug", 40);
  assert.deepEqual(await restocked.pieces("mug"), [42, 0, 0]);

  const set = await inventoryUnderTest(t);
  await set.stocked("mug", 0);
  await set.created("mug", 40);
  assert.deepEqual(await set.pieces("mug"), [0, 0, 0]);
});

test("of a deleted product nothing can be reserved or stocked, what is reserved can be sold, what comes back leaves", async (t) => {
  const inventory = await inventoryUnderTest(t);
  await inventory.stocked("mug", 9);
  for (const order of ["sold", "released"]) await inventory.reserve(order, two);
  await inventory.deleted("mug");
  await inventory.deleted("mug");
  assert.deepEqual(await inventory.pieces("mug"), [0, 4, 0]);
  await inventory.sell("sold");
  await inventory.release("released");
  assert.deepEqual(await inventory.pieces("mug"), [0, 0, 2]);
  await assert.rejects(inventory.reserve("late", two), outOfStock.is);
  await assert.rejects(inventory.setStock("mug", 1), notFound.is);
  await assert.rejects(inventory.restock("mug", 1), notFound.is);
  assert.deepEqual(await unbalanced(inventory.database), []);
});

test("a product deleted before it was heard of stays without stock", async (t) => {
  const inventory = await inventoryUnderTest(t);
  await inventory.deleted("mug");
  await inventory.created("mug", 40);
  assert.deepEqual(await inventory.pieces("mug"), [0, 0, 0]);
});
