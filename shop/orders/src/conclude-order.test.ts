import assert from "node:assert/strict";
import { test } from "node:test";
import { notFound } from "@flotilla/chassis/failure";
import { orderConfirmed, orderNotCancellable } from "@flotilla/contracts/orders";
import { readOrders } from "./order-store.ts";
import { orderOf, ordersUnderTest } from "./orders.fixture.ts";

const rope = { key: "k1", body: orderOf("rope") };

test("an order is confirmed with its event, and those who wait for it are told", async (t) => {
  const orders = await ordersUnderTest(t);
  const { id } = await orders.ann.placeOrder(rope);
  await orders.confirm(id);
  assert.equal((await orders.ann.getOrder({ params: { id } })).status, "confirmed");
  const [confirmed] = await orders.published(orderConfirmed);
  assert.deepEqual([confirmed?.orderId, confirmed?.version], [id, 2]);
  assert.deepEqual(orders.changed, [id]);
});

test("an order is rejected with its reason", async (t) => {
  const orders = await ordersUnderTest(t);
  const { id } = await orders.ann.placeOrder(rope);
  await orders.reject(id, "out_of_stock");
  const [order] = await readOrders(orders.database, [id]);
  assert.deepEqual([order?.status, order?.reason], ["rejected", "out_of_stock"]);
  assert.deepEqual(await orders.types(), ["order.placed", "order.rejected"]);
});

test("an order that has come to its end comes to no other, and publishes nothing more", async (t) => {
  const orders = await ordersUnderTest(t);
  const { id } = await orders.ann.placeOrder(rope);
  await orders.reject(id, "out_of_stock");
  await assert.rejects(orders.confirm(id), /is rejected and can't become confirmed/);
  assert.equal((await orders.published()).length, 2);
});

test("a confirmed order is cancelled by its owner or an administrator, once", async (t) => {
  const orders = await ordersUnderTest(t);
  const { id } = await orders.ann.placeOrder(rope);
  const params = { id };
  await assert.rejects(orders.ann.cancelOrder({ params }), orderNotCancellable.is);
  await orders.confirm(id);
  await assert.rejects(orders.bob.cancelOrder({ params }), notFound.is);
  assert.equal((await orders.ann.cancelOrder({ params, key: "c1" })).status, "confirmed");
  await orders.admin().cancelOrder({ params });
  const sagas = (await orders.sagas()).map(({ name, key }) => [name, key]);
  assert.deepEqual(sagas.slice(1), [["cancel order", id]]);
  await orders.recordCancellation(id);
  assert.equal((await orders.types()).at(-1), "order.cancelled");
  await assert.rejects(orders.ann.cancelOrder({ params }), orderNotCancellable.is);
  assert.equal((await orders.ann.cancelOrder({ params, key: "c1" })).status, "confirmed");
});
