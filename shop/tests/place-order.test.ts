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

test("an order that can be paid and delivered is confirmed: money, stock, receipt and notification agree", async () => {
  const product = await shop.admin.addProduct({ name: "Anchor", price: 4_950 }, 10);
  const ann = await shop.customer();
  const order = await ann.order(product.id, 2);

  assert.deepEqual([order.status, order.reason, order.userName], ["confirmed", null, "Ann"]);
  assert.deepEqual(statuses(order), ["pending", "confirmed"]);
  assert.deepEqual(order.total, { amount: 9_900, currency: "EUR" });
  assert.deepEqual(order.items, [{ productId: product.id, name: "Anchor", quantity: 2, unitPrice: product.price }]);
  assert.deepEqual(await stockOf(ann, product.id), { available: 8, reserved: 0, sold: 2 });
  assert.equal(await providerNet(shop, order.id), 9_900);
  const { body: payment } = await ann.ask("GET", `/api/payments/${order.id}`);
  assert.deepEqual([payment.status, payment.captured.amount, payment.refunded.amount], ["captured", 9_900, 0]);
  const mail = await mailOf(shop, ann.user.email, 2);
  assert.equal(mail.filter(({ text }) => text.includes("Anchor")).length, 1);
  await eventually("a notification of the order", async () => {
    const { body } = await ann.ask("GET", "/api/notifications");
    return body.items.some((item: { type: string }) => item.type === "order.confirmed") || undefined;
  });
  await eventually("the catalogue knows the stock", async () => {
    const { body } = await ann.ask("GET", `/api/products/${product.id}`);
    return body.available === 8 || undefined;
  });
});

test("an order and its payment come in one answer, to those who may see them", async () => {
  const product = await shop.admin.addProduct({ name: "Cleat", price: 700 }, 5);
  const ann = await shop.customer();
  const { id } = await ann.order(product.id, 1);
  const path = `/api/orders/${id}?include=payment`;
  const { body } = await ann.ask("GET", path);
  const [{ body: order }, { body: payment }] = [
    await ann.ask("GET", `/api/orders/${id}`),
    await ann.ask("GET", `/api/payments/${id}`),
  ];
  assert.deepEqual(body, { ...order, payment });
  assert.equal((await (await shop.customer("Ben")).ask("GET", path)).status, 404);
  assert.equal((await ann.ask("GET", `/api/orders/${id}?include=mail`)).status, 400);
});

test("who changes a product sees the change in the next answer, and so does everybody else", async () => {
  const { id } = await shop.admin.addProduct({ name: "Drogue", price: 100 }, 1);
  const path = `/api/products/${id}`;
  for (const amount of [200, 300, 400]) {
    const reading = Promise.all(Array.from({ length: 20 }, () => shop.visitor().ask("GET", path)));
    const changed = await shop.admin.ask("PUT", path, { body: { price: { amount, currency: "EUR" } } });
    assert.equal(changed.status, 200);
    const seen = await Promise.all(Array.from({ length: 20 }, () => shop.visitor().ask("GET", path)));
    assert.deepEqual([...new Set(seen.map(({ body }) => body.price.amount))], [amount]);
    await reading;
  }
});

test("without a preference the answer comes at once, with the order pending and its address", async () => {
  const product = await shop.admin.addProduct({ name: "Bell", price: 100 }, 1);
  const ann = await shop.customer();
  const order = { items: [{ productId: product.id, quantity: 1 }], payment: { method: "pm_card_visa" } };
  const { status, headers, body } = await ann.placeOrder(order, "k1", {});
  assert.deepEqual([status, body.status], [202, "pending"]);
  assert.equal(headers.get("location"), `/api/orders/${body.id}`);
  assert.equal((await ann.finalOrder(body.id)).status, "confirmed");
});

test("with a preference to wait the answer is the final order", async () => {
  const product = await shop.admin.addProduct({ name: "Buoy", price: 100 }, 1);
  const ann = await shop.customer();
  const order = { items: [{ productId: product.id, quantity: 1 }], payment: { method: "pm_card_visa" } };
  const { status, body } = await ann.placeOrder(order, "k1", { prefer: "wait=20" });
  assert.deepEqual([status, body.status], [201, "confirmed"]);
});

for (const [method, reason] of [
  ["pm_card_declined", "payment_declined"],
  ["pm_card_insufficient_funds", "insufficient_funds"],
] as const) {
  test(`an order paid with ${method} is rejected, its pieces are free again, and the customer is told why`, async () => {
    const product = await shop.admin.addProduct({ name: "Compass", price: 1_000 }, 3);
    const ann = await shop.customer();
    const order = await ann.order(product.id, 3, method);
    assert.deepEqual([order.status, order.reason], ["rejected", reason]);
    assert.deepEqual(statuses(order), ["pending", "rejected"]);
    assert.deepEqual(await stockOf(ann, product.id), { available: 3, reserved: 0, sold: 0 });
    assert.equal(await providerNet(shop, order.id), 0);
    assert.equal((await mailOf(shop, ann.user.email, 2)).length, 2);
  });
}

test("an order for more than there is is rejected, and no card is charged", async () => {
  const product = await shop.admin.addProduct({ name: "Dinghy", price: 100_000 }, 2);
  const other = await shop.admin.addProduct({ name: "Oar", price: 1_000 }, 5);
  const ann = await shop.customer();
  const items = [
    { productId: other.id, quantity: 1 },
    { productId: product.id, quantity: 3 },
  ];
  const { body } = await ann.placeOrder({ items, payment: { method: "pm_card_visa" } }, "k1");
  assert.deepEqual([body.status, body.reason], ["rejected", "out_of_stock"]);
  assert.deepEqual(await stockOf(ann, product.id), { available: 2, reserved: 0, sold: 0 });
  assert.deepEqual(await stockOf(ann, other.id), { available: 5, reserved: 0, sold: 0 });
  assert.equal(await providerNet(shop, body.id), 0);
});

test("an order for a product that does not exist is refused by its path", async () => {
  const ann = await shop.customer();
  const order = { items: [{ productId: "no-such-product", quantity: 1 }], payment: { method: "pm_card_visa" } };
  const { status, body } = await ann.placeOrder(order, "k1");
  assert.deepEqual([status, body.code, body.errors[0].path], [422, "product_unknown", "/items/0/productId"]);
});

test("orders are seen by their owner and by administrators, and by nobody else", async () => {
  const product = await shop.admin.addProduct({ name: "Flag", price: 100 }, 1);
  const [ann, bob] = [await shop.customer("Ann"), await shop.customer("Bob")];
  const order = await ann.order(product.id, 1);
  for (const path of [`/api/orders/${order.id}`, `/api/payments/${order.id}`]) {
    assert.equal((await ann.ask("GET", path)).status, 200);
    assert.equal((await shop.admin.ask("GET", path)).status, 200);
    const anothers = await bob.ask("GET", path);
    const nobodys = await bob.ask("GET", path.replace(order.id, "0190a000-0000-7000-8000-000000000000"));
    assert.equal(anothers.status, 404);
    assert.deepEqual({ ...anothers.body, instance: "" }, { ...nobodys.body, instance: "" });
  }
  assert.deepEqual((await bob.ask("GET", "/api/orders")).body, { items: [], nextCursor: null });
});

test("orders are listed newest first, page by page", async () => {
  const product = await shop.admin.addProduct({ name: "Flare", price: 100 }, 3);
  const ann = await shop.customer();
  const ids = [];
  for (let count = 0; count < 3; count++) ids.unshift((await ann.order(product.id, 1)).id);
  const first = await ann.ask("GET", "/api/orders?limit=2");
  const second = await ann.ask("GET", `/api/orders?limit=2&cursor=${first.body.nextCursor}`);
  const listed = [...first.body.items, ...second.body.items].map(({ id }: { id: string }) => id);
  assert.deepEqual(listed, ids);
  assert.equal(second.body.nextCursor, null);
});
