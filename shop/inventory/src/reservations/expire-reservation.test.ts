import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually } from "@flotilla/chassis/testing";
import { outOfStock } from "@flotilla/contracts/inventory";
import { inventoryUnderTest, unbalanced } from "../inventory.fixture.ts";

const mug = [{ productId: "mug", quantity: 1 }];

test("an unpaid reservation gives its pieces back when its time is over, and no earlier", async (t) => {
  const inventory = await inventoryUnderTest(t, { reservationSeconds: 1 });
  await inventory.stocked("mug", 5);
  const begun = performance.now();
  await inventory.reserve("unpaid", mug);
  await inventory.reserve("paid", mug);
  await inventory.sell("paid");
  await eventually(async () => (await inventory.pieces("mug"))[0] === 4);
  assert(performance.now() - begun > 950);
  assert.deepEqual(await inventory.pieces("mug"), [4, 0, 1]);
});

test("what ran out goes back once, what is still good stays", async (t) => {
  const inventory = await inventoryUnderTest(t);
  await inventory.stocked("mug", 5);
  await inventory.reserve("overdue", mug);
  await inventory.reserve("good", mug);
  await inventory.runOut("overdue");
  await Promise.all(["overdue", "good", "overdue", "unheard-of"].map(inventory.expire));
  assert.deepEqual(await inventory.pieces("mug"), [4, 1, 0]);
  assert.deepEqual(await unbalanced(inventory.database), []);
});

test("a reservation has one saga, however often it is asked for, and one made anew another", async (t) => {
  const inventory = await inventoryUnderTest(t);
  await inventory.stocked("mug", 5);
  const sagas = () => inventory.database.query("select 1 from saga");
  await inventory.reserve("order", mug);
  await inventory.reserve("order", mug);
  assert.equal((await sagas()).length, 1);
  await inventory.runOut("order");
  await inventory.expire("order");
  await inventory.reserve("order", mug);
  assert.equal((await sagas()).length, 2);
});

test("a sale that is too late takes the pieces anew", async (t) => {
  const inventory = await inventoryUnderTest(t);
  await inventory.stocked("mug", 1);
  await inventory.reserve("order", mug);
  await inventory.runOut("order");
  await inventory.expire("order");
  assert.equal(await inventory.sell("order"), "sold");
  assert.deepEqual(await inventory.pieces("mug"), [0, 0, 1]);
});

test("a sale that is too late is refused when the pieces are gone, and its release gives nothing back", async (t) => {
  const inventory = await inventoryUnderTest(t);
  await inventory.stocked("mug", 1);
  await inventory.reserve("late", mug);
  await inventory.runOut("late");
  await inventory.expire("late");
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
  await inventory.expire("order");
  assert.equal(await inventory.reserve("order", mug), "reserved");
  await inventory.expire("order");
  assert.deepEqual(await inventory.pieces("mug"), [0, 1, 0]);
});

test("a sale and the expiry at the same time never both take the pieces", async (t) => {
  const inventory = await inventoryUnderTest(t);
  await inventory.stocked("mug", 20);
  for (let order = 0; order < 20; order++) {
    await inventory.reserve(`order-${order}`, mug);
    await inventory.runOut(`order-${order}`);
    await Promise.all([inventory.sell(`order-${order}`), inventory.expire(`order-${order}`)]);
  }
  assert.deepEqual(await inventory.pieces("mug"), [0, 0, 20]);
  assert.deepEqual(await unbalanced(inventory.database), []);
});
