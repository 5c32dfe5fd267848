import assert from "node:assert/strict";
import { before, test } from "node:test";
import { fileCleanup } from "@flotilla/chassis/testing";
import { type Shop, startShop } from "./fixtures/shop.ts";
import { eventually } from "./fixtures/visitor.ts";
import { mailOf, providerNet, statuses, stockOf } from "./fixtures/witnesses.ts";

let shop: Shop;
before(async () => {
  shop = await startShop(fileCleanup);
});

test("a confirmed order can be cancelled: refunded, restocked, and the customer is told", async () => {
  const product = await shop.admin.addProduct({ name: "Lantern", price: 2_000 }, 5);
  const ann = await shop.customer();
  const order = await ann.order(product.id, 2);
  const asked = await ann.ask("POST", `/api/orders/${order.id}/cancel`);
  assert.deepEqual([asked.status, asked.body.id], [202, order.id]);

  const cancelled = await eventually("the order is cancelled", async () => {
    const { body } = await ann.ask("GET", `/api/orders/${order.id}`);
    return body.status === "cancelled" ? body : undefined;
  });
  assert.deepEqual(statuses(cancelled), ["pending", "confirmed", "cancelled"]);
  assert.deepEqual(await stockOf(ann, product.id), { available: 5, reserved: 0, sold: 0 });
  assert.equal(await providerNet(shop, order.id), 0);
  const { body: payment } = await ann.ask("GET", `/api/payments/${order.id}`);
  assert.deepEqual([payment.status, payment.captured.amount, payment.refunded.amount], ["refunded", 4_000, 4_000]);
  assert.equal((await mailOf(shop, ann.user.email, 3)).length, 3);
});

test("cancelling many times at once refunds once", async () => {
  const product = await shop.admin.addProduct({ name: "Lifebelt", price: 3_000 }, 4);
  const ann = await shop.customer();
  const order = await ann.order(product.id, 1);
  const asked = await Promise.all(Array.from({ length: 10 }, () => ann.ask("POST", `/api/orders/${order.id}/cancel`)));
  assert.ok(asked.every(({ status }) => status === 202 || status === 409));
  await eventually("the order is cancelled", async () => {
    const { body } = await ann.ask("GET", `/api/orders/${order.id}`);
    return body.status === "cancelled" || undefined;
  });
  assert.equal(await providerNet(shop, order.id), 0);
  assert.deepEqual(await stockOf(ann, product.id), { available: 4, reserved: 0, sold: 0 });
});

test("an order that is rejected, cancelled already or another's can't be cancelled", async () => {
  const product = await shop.admin.addProduct({ name: "Line", price: 500 }, 1);
  const [ann, bob] = [await shop.customer("Ann"), await shop.customer("Bob")];
  const rejected = await ann.order(product.id, 1, "pm_card_declined");
  const refused = await ann.ask("POST", `/api/orders/${rejected.id}/cancel`);
  assert.deepEqual([refused.status, refused.body.code], [409, "order_not_cancellable"]);
  const confirmed = await ann.order(product.id, 1);
  assert.equal((await bob.ask("POST", `/api/orders/${confirmed.id}/cancel`)).status, 404);
});
