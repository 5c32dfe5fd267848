import assert from "node:assert/strict";
import { test } from "node:test";
import { notFound } from "@flotilla/chassis/failure";
import { outOfStock } from "@flotilla/contracts/inventory";
import { inventoryUnderTest } from "./inventory.fixture.ts";

test("a new product gets its initial stock, another service reserves and sells it, and each change is told in order", async (t) => {
  const inventory = await inventoryUnderTest(t);
  await inventory.created("mug", 3);
  assert.equal((await inventory.getStock("mug")).available, 3);

  const lines = [{ productId: "mug", quantity: 2 }];
  assert.equal(await inventory.reserve("order", lines), "reserved");
  await assert.rejects(inventory.reserve("another", lines), outOfStock.is);
  assert.equal(await inventory.sell("order"), "sold");
  assert.deepEqual(await inventory.getStock("mug"), { productId: "mug", available: 1, reserved: 0, sold: 2 });
  assert.equal(await inventory.release("order"), "released");

  await inventory.deleted("mug");
  assert.deepEqual(
    (await inventory.events()).map(({ version, available, reserved, sold }) => [version, available, reserved, sold]),
    [
      [1, 3, 0, 0],
      [2, 1, 2, 0],
      [3, 1, 0, 2],
      [4, 3, 0, 0],
      [5, 0, 0, 0],
    ],
  );

  inventory.inCatalogue.add("unannounced");
  const none = { productId: "unannounced", available: 0, reserved: 0, sold: 0 };
  assert.deepEqual(await inventory.getStock("unannounced"), none);
  await assert.rejects(inventory.getStock("unheard-of"), notFound.is);
});
