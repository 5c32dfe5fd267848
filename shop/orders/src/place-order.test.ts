import assert from "node:assert/strict";
import { test } from "node:test";
import { idempotencyKeyReused } from "@flotilla/chassis/failure";
import { findOrder, listOrders } from "./order-store.ts";
import { orderOf, ordersUnderTest } from "./orders.fixture.ts";

test("an order, its saga and its event come together", async (t) => {
  const orders = await ordersUnderTest(t);
  const placed = await orders.ann.placeOrder({ key: "k1", body: orderOf("rope", 2) });
  const stored = await findOrder(orders.database, placed.id);
  assert.deepEqual([stored?.status, stored?.total.amount, stored?.method], ["pending", 2_500, "pm_card_visa"]);
  const [saga] = await orders.sagas();
  assert.deepEqual([saga?.name, saga?.key], ["fulfil order", placed.id]);
  assert.deepEqual(saga?.input.lines, [{ productId: "rope", quantity: 2 }]);
  assert.deepEqual(await orders.types(), ["order.placed"]);
});

test("a repeat is the same order, and another request with its key is refused", async (t) => {
  const { ann, bob, sagas } = await ordersUnderTest(t);
  const rope = { key: "k1", body: orderOf("rope") };
  const repeats = await Promise.all(Array.from({ length: 20 }, () => ann.placeOrder(rope)));
  assert.equal(new Set(repeats.map(({ id }) => id)).size, 1);
  assert.equal((await sagas()).length, 1);
  await assert.rejects(ann.placeOrder({ key: "k1", body: orderOf("rope", 2) }), idempotencyKeyReused.is);
  await bob.placeOrder(rope);
  assert.equal((await sagas()).length, 2);
});

test("an unknown product is refused by its path, and its key stays free", async (t) => {
  const { ann, published } = await ordersUnderTest(t);
  const items = [...orderOf("rope").items, ...orderOf("unicorn").items];
  const unknown = await ann.placeOrder.answer({ key: "k1", body: { ...orderOf("rope"), items } });
  assert.equal(unknown.refused, "product_unknown");
  assert.equal(unknown.failure?.errors?.[0]?.path, "/items/1/productId");
  await ann.placeOrder({ key: "k1", body: orderOf("rope") });
  assert.equal((await published()).length, 1);
});

test("orders are listed newest first, one more than asked for", async (t) => {
  const { ann, bob, database } = await ordersUnderTest(t);
  const ids: string[] = [];
  const body = orderOf("rope");
  for (const key of ["k1", "k2", "k3"]) ids.unshift((await ann.placeOrder({ key, body })).id);
  const bobs = await bob.placeOrder({ key: "k1", body });
  const list = async (userId: string | null, cursor?: string) =>
    (await listOrders(database, { userId, cursor, limit: 1 })).map(({ id }) => id);
  assert.deepEqual(await list("ann"), ids.slice(0, 2));
  assert.deepEqual(await list("ann", ids[1]), ids.slice(2));
  assert.deepEqual(await list(null), [bobs.id, ids[0]]);
});

test("the database refuses what the rules let through by mistake", async (t) => {
  const { database, ann } = await ordersUnderTest(t);
  const { id } = await ann.placeOrder({ key: "k1", body: orderOf("rope") });
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
