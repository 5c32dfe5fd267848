import assert from "node:assert/strict";
import { before, test } from "node:test";
import { fileCleanup } from "@flotilla/chassis/testing";
import { type Shop, startShop } from "./fixtures/shop.ts";
import { providerNet, stockOf } from "./fixtures/witnesses.ts";

let shop: Shop;
before(async () => {
  shop = await startShop(fileCleanup);
});

const orderOf = (productId: string, quantity = 1) => ({
  items: [{ productId, quantity }],
  payment: { method: "pm_card_visa" },
});

test("a repeat gets the stored answer, also when the order has gone on since", async () => {
  const product = await shop.admin.addProduct({ name: "Net", price: 800 }, 5);
  const ann = await shop.customer();
  const first = await ann.placeOrder(orderOf(product.id), "key-1", {});
  await ann.finalOrder(first.body.id);
  const repeat = await ann.placeOrder(orderOf(product.id), "key-1", {});
  assert.deepEqual([repeat.status, repeat.body], [first.status, first.body]);
  const waited = await ann.placeOrder(orderOf(product.id), "key-2");
  const again = await ann.placeOrder(orderOf(product.id), "key-2", {});
  assert.deepEqual([again.status, again.body], [201, waited.body]);
  assert.equal((await ann.ask("GET", "/api/orders")).body.items.length, 2);
});

test("a hundred repeats at once are one order, one charge, one reservation", async () => {
  const product = await shop.admin.addProduct({ name: "Oilskin", price: 9_000 }, 5);
  const ann = await shop.customer();
  const answers = await Promise.all(
    Array.from({ length: 100 }, () => ann.placeOrder(orderOf(product.id), "one-key", {})),
  );
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([202]));
  const ids = new Set(answers.map(({ body }) => body.id));
  assert.equal(ids.size, 1);
  const [id] = ids;
  await ann.finalOrder(id);
  assert.equal(await providerNet(shop, id), 9_000);
  assert.deepEqual(await stockOf(ann, product.id), { available: 4, reserved: 0, sold: 1 });
});

test("the key of another request is refused; another customer's key is another key", async () => {
  const product = await shop.admin.addProduct({ name: "Paddle", price: 100 }, 5);
  const [ann, bob] = [await shop.customer("Ann"), await shop.customer("Bob")];
  const anns = await ann.placeOrder(orderOf(product.id), "shared");
  const reused = await ann.placeOrder(orderOf(product.id, 2), "shared");
  assert.deepEqual([reused.status, reused.body.code], [422, "idempotency_key_reused"]);
  const bobs = await bob.placeOrder(orderOf(product.id), "shared");
  assert.equal(bobs.status, 201);
  assert.notEqual(bobs.body.id, anns.body.id);
});

test("without a key nothing is ordered", async () => {
  const product = await shop.admin.addProduct({ name: "Pump", price: 100 }, 5);
  const ann = await shop.customer();
  const { status, body } = await ann.ask("POST", "/api/orders", { body: orderOf(product.id) });
  assert.deepEqual([status, body.code], [400, "idempotency_key_required"]);
  assert.deepEqual((await ann.ask("GET", "/api/orders")).body.items, []);
});
