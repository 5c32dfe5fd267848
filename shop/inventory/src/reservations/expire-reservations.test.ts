import assert from "node:assert/strict";
import { test } from "node:test";
import { outOfStock } from "@flotilla/contracts/inventory";
import { inventoryUnderTest, unbalanced } from "../inventory-under-test.ts";

const mug = [{ productId: "mug", quantity: 1 }];

test("what ran out goes back, what is still good stays", async (t) => {
  const inventory = await inventoryUnderTest(t);
  await inventory.stocked("mug", 5);
  await inventory.reserve("overdue", mug);
  await inventory.reserve("good", mug);
  await inventory.runOut("overdue");
  assert.equal(await inventory.expire(), false);
  assert.deepEqual(await inventory.pieces("mug"), [4, 1, 0]);
});

test("replicas that expire at the same time give each reservation back once, in bounded rounds", async (t) => {
  const inventory = await inventoryUnderTest(t);
  await inventory.stocked("mug", 120);
  await Promise.all(Array.from({ length: 120 }, (_, order) => inventory.reserve(`order-${order}`, mug)));
  await inventory.database.query("update reservation set expires_at = now()");
  assert.equal(await inventory.expire(), true);
  assert.deepEqual(await inventory.pieces("mug"), [100, 20, 0]);
  await Promise.all([inventory.expire(), inventory.expire(), inventory.expire()]);
  assert.deepEqual(await inventory.pieces("mug"), [120, 0, 0]);
  assert.deepEqual(await unbalanced(inventory.database), []);
});

test("a sale that is too late takes the pieces anew", async (t) => {
  const inventory = await inventoryUnderTest(t);
  await inventory.stocked("mug", 1);
  await inventory.reserve("order", mug);
  await inventory.runOut("order");
  await inventory.expire();
  assert.equal(await inventory.sell("order"), "sold");
  assert.deepEqual(await inventory.pieces("mug"), [0, 0, 1]);
});

test("a sale that is too late is refused when the pieces are gone, and its release gives nothing back", async (t) => {
  const inventory = await inventoryUnderTest(t);
  await inventory.stocked("mug", 1);
  await inventory.reserve("late", mug);
  await inventory.runOut("late");
  await inventory.expire();
  await inventory.reserve("quick", mug);
  await assert.rejects(inventory.sell("late"), outOfStock.is);
  await inventory.release("late");
  assert.deepEqual(await inventory.pieces("mug"), [0, 1, 0]);
});

test("an expired reservation that is asked for again is kept for its whole time", async (t) => {
  const inventory = await inventoryUnderTest(t);
  await inventory.stocked("mug", 1);
  await inventory.reserve("order", mug);
  await inventory.runOut("order");
  await inventory.expire();
  assert.equal(await inventory.reserve("order", mug), "reserved");
  await inventory.expire();
  assert.deepEqual(await inventory.pieces("mug"), [0, 1, 0]);
});

test("a sale and the expiry at the same time never both take the pieces", async (t) => {
  const inventory = await inventoryUnderTest(t);
  await inventory.stocked("mug", 20);
  for (let order = 0; order < 20; order++) {
    await inventory.reserve(`order-${order}`, mug);
    await inventory.runOut(`order-${order}`);
    await Promise.all([inventory.sell(`order-${order}`), inventory.expire()]);
  }
  assert.deepEqual(await inventory.pieces("mug"), [0, 0, 20]);
  assert.deepEqual(await unbalanced(inventory.database), []);
});
