import assert from "node:assert/strict";
import { test } from "node:test";
import { notFound } from "@flotilla/chassis/failure";
import { orderNotCancellable } from "@flotilla/contracts/orders";
import { readOrders } from "./order-store.ts";
import { admin, ann, bob, orderOf, ordersUnderTest } from "./orders-under-test.ts";

test("an order is confirmed with its event, and those who wait for it are told", async (t) => {
  const orders = await ordersUnderTest(t);
  const { id } = await orders.place(ann, "k1", orderOf("rope"));
  await orders.confirm(id);
  assert.equal((await readOrders(orders.database, [id]))[0]?.status, "confirmed");
  const [type, body] = orders.events.at(-1) ?? [];
  assert.deepEqual([type, (body as { version: number }).version], ["order.confirmed", 2]);
  assert.deepEqual(orders.changed, [id]);
});

test("an order is rejected with its reason", async (t) => {
  const orders = await ordersUnderTest(t);
  const { id } = await orders.place(ann, "k1", orderOf("rope"));
  await orders.reject(id, "out_of_stock");
  const [order] = await readOrders(orders.database, [id]);
  assert.deepEqual([order?.status, order?.reason], ["rejected", "out_of_stock"]);
  assert.deepEqual(
    orders.events.map(([type]) => type),
    ["order.placed", "order.rejected"],
  );
});

test("an order that has come to its end comes to no other, and publishes nothing more", async (t) => {
  const orders = await ordersUnderTest(t);
  const { id } = await orders.place(ann, "k1", orderOf("rope"));
  await orders.reject(id, "out_of_stock");
  await assert.rejects(orders.confirm(id), /is rejected and can't become confirmed/);
  assert.equal(orders.events.length, 2);
});

test("a confirmed order is cancelled by its owner or an administrator, once", async (t) => {
  const orders = await ordersUnderTest(t);
  const { id } = await orders.place(ann, "k1", orderOf("rope"));
  await assert.rejects(orders.cancel(ann, id, ""), (error) => orderNotCancellable.is(error));
  await orders.confirm(id);
  await assert.rejects(orders.cancel(bob, id, ""), (error) => notFound.is(error));
  assert.equal((await orders.cancel(ann, id, "c1")).status, "confirmed");
  await orders.cancel(admin, id, "");
  assert.deepEqual(
    orders.started.slice(1).map(([saga, key]) => [saga, key]),
    [
      ["cancel order", id],
      ["cancel order", id],
    ],
  );
  await orders.recordCancellation(id);
  assert.equal(orders.events.at(-1)?.[0], "order.cancelled");
  await assert.rejects(orders.cancel(ann, id, ""), (error) => orderNotCancellable.is(error));
  assert.equal((await orders.cancel(ann, id, "c1")).status, "confirmed");
});
