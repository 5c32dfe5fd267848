import assert from "node:assert/strict";
import { before, test } from "node:test";
import { fileCleanup } from "@flotilla/chassis/testing";
import { type Shop, startShop } from "./fixtures/shop.ts";
import type { Visitor } from "./fixtures/visitor.ts";
import { stockOf } from "./fixtures/witnesses.ts";

let shop: Shop;
let ann: Visitor;
let productId: string;

before(async () => {
  shop = await startShop(fileCleanup);
  ann = await shop.customer();
  productId = (await shop.admin.addProduct({ name: "Rudder", price: 100 }, 10)).id;
});

const good = () => ({ items: [{ productId, quantity: 1 }], payment: { method: "pm_card_visa" } });

/** Orders that must not be: what is changed in a good one, and the path the answer must name. */
const badOrders: [string, (order: ReturnType<typeof good>) => unknown, string][] = [
  ["an unknown field", (order) => ({ ...order, total: { amount: 1, currency: "EUR" } }), "/total"],
  ["a price from the customer", (order) => withItem(order, { unitPrice: 1 }), "/items/0/unitPrice"],
  ["a status from the customer", (order) => ({ ...order, status: "confirmed" }), "/status"],
  ["no items", (order) => ({ ...order, items: [] }), "/items"],
  ["too many items", (order) => ({ ...order, items: Array(51).fill(order.items[0]) }), "/items"],
  ["an unknown card", (order) => ({ ...order, payment: { method: "pm_card_stolen" } }), "/payment/method"],
  ["no card", ({ items }) => ({ items }), "/payment"],
  ["a NUL in an id", (order) => withItem(order, { productId: "a\u0000b" }), "/items/0/productId"],
  ["a lone surrogate", (order) => withItem(order, { productId: "\ud800" }), "/items/0/productId"],
  ["an over-long id", (order) => withItem(order, { productId: "x".repeat(5_000) }), "/items/0/productId"],
  ...[-1, 0, 1.5, "1", "1e2", true, null, 2 ** 31, 2 ** 53 + 1].map((quantity): (typeof badOrders)[number] => [
    `a quantity of ${JSON.stringify(quantity)}`,
    (order) => withItem(order, { quantity }),
    "/items/0/quantity",
  ]),
];

const withItem = (order: ReturnType<typeof good>, change: object) => ({
  ...order,
  items: [{ ...order.items[0], ...change }],
});

for (const [what, change, path] of badOrders) {
  test(`an order with ${what} is refused by its path`, async () => {
    const { status, headers, body } = await ann.placeOrder(change(good()), `bad ${what}`.replace(/[^a-z0-9]/gi, "-"));
    assert.deepEqual([status, body.code], [400, "invalid_input"]);
    assert.match(headers.get("content-type") ?? "", /^application\/problem\+json/);
    assert.ok(
      body.errors.some((error: { path: string }) => error.path === path),
      JSON.stringify(body.errors),
    );
  });
}

/** Bodies that are not orders at all. */
const badBodies: [string, () => string, Record<string, string>, number][] = [
  ["not JSON", () => "{", {}, 400],
  ["empty", () => "", {}, 400],
  ["an array", () => "[]", {}, 400],
  ["nested 10,000 deep", () => `{"items":${"[".repeat(10_000)}${"]".repeat(10_000)}}`, {}, 400],
  ["of 10 MB", () => `{"items":"${"x".repeat(10_000_000)}"}`, {}, 413],
  ["of another type", () => "<order/>", { "content-type": "application/xml" }, 415],
  ["with __proto__", () => '{"__proto__":{"admin":true}}', {}, 400],
];

for (const [what, text, headers, expected] of badBodies) {
  test(`a body that is ${what} is refused`, async () => {
    const answer = await ann.ask("POST", "/api/orders", {
      body: text(),
      headers: { "idempotency-key": "b", ...headers },
    });
    assert.equal(answer.status, expected);
    assert.equal(answer.body.status, expected);
    if (expected !== 415) assert.ok(Array.isArray(answer.body.errors), JSON.stringify(answer.body));
  });
}

test("after all of that the shop is as before, and sells", async () => {
  assert.deepEqual(await stockOf(ann, productId), { available: 10, reserved: 0, sold: 0 });
  assert.deepEqual((await ann.ask("GET", "/api/orders")).body.items, []);
  assert.equal((await ann.order(productId, 1)).status, "confirmed");
  assert.equal((await ann.ask("GET", "/api/health")).body.status, "healthy");
});

test("who may not is refused, with the same words everywhere", async () => {
  const visitor = shop.visitor();
  const missing = await visitor.ask("GET", "/api/orders");
  assert.deepEqual([missing.status, missing.body.code], [401, "token_missing"]);
  assert.match(missing.headers.get("www-authenticate") ?? "", /^Bearer/);
  const forged = await visitor.ask("GET", "/api/orders", { headers: { authorization: "Bearer x.y.z" } });
  assert.deepEqual([forged.status, forged.body.code], [401, "token_invalid"]);
  for (const [method, path] of [
    ["POST", "/api/products"],
    ["GET", "/api/users"],
    ["GET", "/api/mailbox"],
    ["PUT", `/api/inventory/${productId}`],
  ] as const) {
    const { status, body } = await ann.ask(method, path);
    assert.deepEqual([status, body.code], [403, "forbidden"], path);
  }
  for (const path of ["/api/reservations/o1", "/api/product-summaries?ids=x", "/api/contacts/x", "/api/nowhere"]) {
    assert.equal((await shop.admin.ask("GET", path)).status, 404, path);
  }
});
