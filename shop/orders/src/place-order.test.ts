import assert from "node:assert/strict";
import { test } from "node:test";
import { idempotencyKeyReused } from "@flotilla/chassis/database";
import { type Order, productUnknown } from "@flotilla/contracts/orders";
import { findOrder, listOrders } from "./order-store.ts";
import { ann, bob, orderOf, ordersUnderTest } from "./orders-under-test.ts";

test("an order, its saga and its event come together", async (t) => {
  const orders = await ordersUnderTest(t);
  const placed = await orders.place(ann, "k1", orderOf("rope", 2));
  const stored = await findOrder(orders.database, placed.id);
  assert.deepEqual([stored?.status, stored?.total.amount, stored?.method], ["pending", 2_500, "pm_card_visa"]);
  const [saga, key, input] = orders.started[0] ?? [];
  assert.deepEqual([saga, key], ["fulfil order", placed.id]);
  assert.deepEqual((input as { lines: unknown }).lines, [{ productId: "rope", quantity: 2 }]);
  assert.deepEqual(
    orders.events.map(([type]) => type),
    ["order.placed"],
  );
});

test("a repeat is the same order, and another request with its key is refused", async (t) => {
  const orders = await ordersUnderTest(t);
  const repeats = await Promise.all(Array.from({ length: 20 }, () => orders.place(ann, "k1", orderOf("rope"))));
  assert.equal(new Set(repeats.map((order: Order) => order.id)).size, 1);
  assert.equal(orders.started.length, 1);
  await assert.rejects(orders.place(ann, "k1", orderOf("rope", 2)), (error) => idempotencyKeyReused.is(error));
  await orders.place(bob, "k1", orderOf("rope"));
  assert.equal(orders.started.length, 2);
});

test("an unknown product is refused by its path, and its key stays free", async (t) => {
  const orders = await ordersUnderTest(t);
  const unknown = { ...orderOf("rope"), items: [...orderOf("rope").items, ...orderOf("unicorn").items] };
  await assert.rejects(orders.place(ann, "k1", unknown), (error) => {
    assert.ok(productUnknown.is(error));
    assert.equal(error.errors?.[0]?.path, "/items/1/productId");
    return true;
  });
  await orders.place(ann, "k1", orderOf("rope"));
  assert.equal(orders.events.length, 1);
});

test("orders are listed newest first, one more than asked for", async (t) => {
  const orders = await ordersUnderTest(t);
  const ids: string[] = [];
  for (const key of ["k1", "k2", "k3"]) ids.unshift((await orders.place(ann, key, orderOf("rope"))).id);
  const [bobs] = [await orders.place(bob, "k1", orderOf("rope"))];
  const list = async (userId: string | null, cursor?: string) =>
    (await listOrders(orders.database, { userId, cursor, limit: 1 })).map(({ id }) => id);
  assert.deepEqual(await list("ann"), ids.slice(0, 2));
  assert.deepEqual(await list("ann", ids[1]), ids.slice(2));
  assert.deepEqual(await list(null), [bobs.id, ids[0]]);
});

test("the database refuses what the rules let through by mistake", async (t) => {
  const { database, place } = await ordersUnderTest(t);
  const { id } = await place(ann, "k1", orderOf("rope"));
  for (const change of [
    "total = -1",
    "status = 'shipped'",
    "reason = 'why not'",
    `items = '[{"quantity": 0}]'`,
    `items = '[{"quantity": 1.5}]'`,
    "items = '[]'",
  ]) {
    await assert.rejects(database.query(`update orders set ${change} where id = $1`, [id]), /check constraint/, change);
  }
});
