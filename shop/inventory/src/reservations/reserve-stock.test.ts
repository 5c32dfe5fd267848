import assert from "node:assert/strict";
import { test } from "node:test";
import {
  outOfStock,
  reservationMismatch,
  reservationMissing,
  reservationReleased,
} from "@flotilla/contracts/inventory";
import { inventoryUnderTest, unbalanced } from "../inventory.fixture.ts";

const one = (productId: string) => [{ productId, quantity: 1 }];

test("a reservation takes all lines, merged by product, and a repeat changes nothing", async (t) => {
  const inventory = await inventoryUnderTest(t);
  await inventory.stocked("mug", 5);
  await inventory.stocked("cup", 5);
  const lines = [...one("mug"), ...one("cup"), ...one("mug")];
  assert.equal(await inventory.reserve("order", lines), "reserved");
  assert.equal(await inventory.reserve("order", [...one("cup"), { productId: "mug", quantity: 2 }]), "reserved");
  assert.deepEqual(await inventory.pieces("mug"), [3, 2, 0]);
  assert.deepEqual(await inventory.pieces("cup"), [4, 1, 0]);
  await assert.rejects(inventory.reserve("order", one("mug")), reservationMismatch.is);
});

test("when one line is not there, no line is reserved, and the order may ask again", async (t) => {
  const inventory = await inventoryUnderTest(t);
  await inventory.stocked("mug", 5);
  await inventory.stocked("cup", 0);
  const lines = [...one("mug"), ...one("cup")];
  await assert.rejects(inventory.reserve("order", lines), outOfStock.is);
  await assert.rejects(inventory.reserve("order", [...one("mug"), ...one("unheard-of")]), outOfStock.is);
  await assert.rejects(
    inventory.reserve("order", Array(50).fill({ productId: "mug", quantity: 50_000_000 })),
    outOfStock.is,
  );
  assert.deepEqual(await inventory.pieces("mug"), [5, 0, 0]);
  await inventory.setStock("cup", 1);
  assert.equal(await inventory.reserve("order", lines), "reserved");
});

test("50 buyers at once get the 10 pieces there are, and the sum holds at every moment", async (t) => {
  const inventory = await inventoryUnderTest(t);
  await inventory.stocked("mug", 10);
  const settled = Promise.withResolvers<void>();
  let open = true;
  settled.promise.then(() => {
    open = false;
  });
  const watching = (async () => {
    for (let samples = 0; ; samples++) {
      const [available, reserved, sold] = await inventory.pieces("mug");
      assert.equal(available + reserved + sold, 10);
      assert.ok(available >= 0 && reserved >= 0);
      if (!open) return samples;
    }
  })();
  const buyers = Array.from({ length: 50 }, (_, buyer) => inventory.reserve(`order-${buyer}`, one("mug")));
  const outcomes = await Promise.allSettled(buyers);
  settled.resolve();
  assert.ok((await watching) > 0);
  const refusals = outcomes.filter((outcome) => outcome.status === "rejected");
  assert.equal(refusals.length, 40);
  assert.ok(refusals.every(({ reason }) => outOfStock.is(reason)));
  assert.deepEqual(await inventory.pieces("mug"), [0, 10, 0]);
  assert.deepEqual(await unbalanced(inventory.database), []);
});

test("orders that touch the same products in different orders all go through", async (t) => {
  const inventory = await inventoryUnderTest(t);
  for (const product of ["a", "b", "c"]) await inventory.stocked(product, 100);
  const rotations = ["abc", "bca", "cab", "cba"];
  await Promise.all(
    Array.from({ length: 40 }, (_, buyer) =>
      inventory.reserve(`order-${buyer}`, [...(rotations[buyer % 4] as string)].flatMap(one)),
    ),
  );
  assert.deepEqual(await inventory.pieces("b"), [60, 40, 0]);
});

test("each product's events have rising versions without a gap, and the last tells what is left", async (t) => {
  const inventory = await inventoryUnderTest(t);
  await inventory.stocked("mug", 20);
  // Some come together, some while others are under way.
  const buyers = Array.from({ length: 30 }, async (_, buyer) => {
    for (let turn = 0; turn < buyer % 7; turn++) await inventory.pieces("mug");
    return inventory.reserve(`order-${buyer}`, one("mug"));
  });
  await Promise.allSettled(buyers);
  const events = (await inventory.events()).toSorted((a, b) => a.version - b.version);
  assert.deepEqual(
    events.map(({ version }) => version),
    events.map((_, index) => index + 1),
  );
  assert.deepEqual([events.at(-1)?.available, events.at(-1)?.reserved], [0, 20]);
  assert.deepEqual(await unbalanced(inventory.database), []);
});

test("one order reserved several times at once holds its pieces once", async (t) => {
  const inventory = await inventoryUnderTest(t);
  await inventory.stocked("mug", 5);
  await Promise.all(Array.from({ length: 8 }, () => inventory.reserve("order", one("mug"))));
  assert.deepEqual(await inventory.pieces("mug"), [4, 1, 0]);
});

test("a sale makes reserved pieces sold, once", async (t) => {
  const inventory = await inventoryUnderTest(t);
  await inventory.stocked("mug", 5);
  await inventory.reserve("order", one("mug"));
  await Promise.all([inventory.sell("order"), inventory.sell("order")]);
  assert.deepEqual(await inventory.pieces("mug"), [4, 0, 1]);
  await assert.rejects(inventory.sell("unheard-of"), reservationMissing.is);
});

test("a release gives reserved and sold pieces back, once", async (t) => {
  const inventory = await inventoryUnderTest(t);
  await inventory.stocked("mug", 5);
  await inventory.reserve("reserved", one("mug"));
  await inventory.reserve("sold", one("mug"));
  await inventory.sell("sold");
  for (const order of ["reserved", "sold"]) {
    await Promise.all([inventory.release(order), inventory.release(order)]);
    await assert.rejects(inventory.sell(order), reservationReleased.is);
  }
  assert.deepEqual(await inventory.pieces("mug"), [5, 0, 0]);
  assert.deepEqual(await unbalanced(inventory.database), []);
});

test("a release before its reservation makes the late reservation refused", async (t) => {
  const inventory = await inventoryUnderTest(t);
  await inventory.stocked("mug", 5);
  assert.equal(await inventory.release("order"), "released");
  await assert.rejects(inventory.reserve("order", one("mug")), reservationReleased.is);
  assert.deepEqual(await inventory.pieces("mug"), [5, 0, 0]);
});

test("a release at the same time as its reservation leaves nothing reserved", async (t) => {
  const inventory = await inventoryUnderTest(t);
  await inventory.stocked("mug", 5);
  for (let order = 0; order < 20; order++) {
    const reserving = inventory.reserve(`order-${order}`, one("mug"));
    await Promise.allSettled([reserving, inventory.release(`order-${order}`)]);
  }
  assert.deepEqual(await inventory.pieces("mug"), [5, 0, 0]);
});
