import assert from "node:assert/strict";
import { test } from "node:test";
import { euros } from "@flotilla/contracts/money";
import { factsOf, isFinal, mayBeSeenBy, moveTo, newOrder, viewOf } from "./order.ts";

const now = new Date("2026-01-02T03:04:05.000Z");
const later = new Date("2026-01-02T03:04:06.000Z");
const products = new Map(
  [
    { id: "rope", name: "Rope", price: euros(1_250) },
    { id: "buoy", name: "Buoy", price: euros(99) },
  ].map((product) => [product.id, product]),
);

const place = (items: { productId: string; quantity: number }[]) =>
  newOrder(
    { id: "o1", customer: { id: "ann", name: "Ann" }, order: { items, payment: { method: "pm_card_visa" } }, now },
    products,
  );

test("a new order is pending, at today's prices, and its total is their sum", () => {
  const order = place([
    { productId: "rope", quantity: 2 },
    { productId: "buoy", quantity: 1 },
  ]);
  assert.deepEqual([order.status, order.total, order.version], ["pending", euros(2_599), 1]);
  assert.deepEqual(order.items[0], { productId: "rope", name: "Rope", quantity: 2, unitPrice: euros(1_250) });
  assert.deepEqual(order.history, [{ status: "pending", at: now.toISOString() }]);
});

test("lines of the same product become one", () => {
  const order = place([
    { productId: "rope", quantity: 2 },
    { productId: "rope", quantity: 3 },
  ]);
  assert.deepEqual(
    order.items.map(({ quantity }) => quantity),
    [5],
  );
});

test("the largest order that the contract allows has an exact total", () => {
  const dear = new Map([["yacht", { id: "yacht", name: "Yacht", price: euros(100_000_000) }]]);
  const items = Array.from({ length: 50 }, () => ({ productId: "yacht", quantity: 1_000_000 }));
  const order = newOrder(
    { id: "o1", customer: { id: "ann", name: "Ann" }, order: { items, payment: { method: "pm_card_visa" } }, now },
    dear,
  );
  assert.ok(Number.isSafeInteger(order.total.amount));
  assert.equal(order.total.amount, 50 * 1_000_000 * 100_000_000);
});

test("an order goes from pending to confirmed to cancelled, or to rejected, and nowhere else", () => {
  const pending = place([{ productId: "rope", quantity: 1 }]);
  const confirmed = moveTo(pending, "confirmed", later);
  assert.ok(confirmed);
  assert.deepEqual([confirmed.version, confirmed.updatedAt], [2, later.toISOString()]);
  assert.deepEqual(
    confirmed.history.map(({ status }) => status),
    ["pending", "confirmed"],
  );
  assert.ok(moveTo(confirmed, "cancelled", later));
  const rejected = moveTo(pending, "rejected", later, "out_of_stock");
  assert.equal(rejected?.reason, "out_of_stock");
  assert.equal(rejected && moveTo(rejected, "confirmed", later), undefined);
  assert.equal(moveTo(pending, "cancelled", later), undefined);
  assert.equal(moveTo(confirmed, "rejected", later), undefined);
  assert.deepEqual([isFinal(pending), isFinal(confirmed)], [false, true]);
});

test("others see neither how it is paid nor its version", () => {
  const order = place([{ productId: "rope", quantity: 1 }]);
  assert.ok(!("method" in viewOf(order)) && !("version" in viewOf(order)));
  assert.equal(factsOf(order).version, 1);
});

test("an order is its owner's and the administrators' business", () => {
  const order = place([{ productId: "rope", quantity: 1 }]);
  assert.ok(mayBeSeenBy(order, { id: "ann", role: "customer" }));
  assert.ok(mayBeSeenBy(order, { id: "root", role: "admin" }));
  assert.ok(!mayBeSeenBy(order, { id: "bob", role: "customer" }));
});
