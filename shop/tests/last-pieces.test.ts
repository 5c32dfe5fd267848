import assert from "node:assert/strict";
import { test } from "node:test";
import { startShop } from "./fixtures/shop.ts";
import type { Visitor } from "./fixtures/visitor.ts";
import { providerNet, stockOf } from "./fixtures/witnesses.ts";

test("fifty buyers for ten pieces buy exactly ten", async (t) => {
  const shop = await startShop(t);
  const product = await shop.admin.addProduct({ name: "Quadrant", price: 1_234 }, 10);
  const buyers: Visitor[] = [];
  for (let count = 0; count < 50; count++) buyers.push(await shop.customer());
  const orders = await Promise.all(buyers.map((buyer) => buyer.order(product.id, 1)));

  const confirmed = orders.filter(({ status }) => status === "confirmed");
  const soldOut = orders.filter(({ status, reason }) => status === "rejected" && reason === "out_of_stock");
  assert.deepEqual([confirmed.length, soldOut.length], [10, 40]);
  assert.deepEqual(await stockOf(shop.visitor(), product.id), { available: 0, reserved: 0, sold: 10 });
  for (const { id } of confirmed) assert.equal(await providerNet(shop, id), 1_234);
  for (const { id } of soldOut) assert.equal(await providerNet(shop, id), 0);
});
