import assert from "node:assert/strict";
import { before, test } from "node:test";
import { fileCleanup } from "@flotilla/chassis/testing";
import { type Shop, startShop } from "./fixtures/shop.ts";
import { providerNet, stockOf } from "./fixtures/witnesses.ts";

let shop: Shop;
before(async () => {
  shop = await startShop(fileCleanup);
});

const troubles = {
  pm_card_flaky: "a provider that fails twice is asked again",
  pm_card_lost_answer: "a charge whose answer was lost is asked for again, and not made again",
  pm_card_slow: "a slow provider is waited for",
};

for (const [method, title] of Object.entries(troubles)) {
  test(`${title}: the order is confirmed and charged once`, async () => {
    const product = await shop.admin.addProduct({ name: "Map", price: 700 }, 2);
    const ann = await shop.customer();
    const order = await ann.order(product.id, 1, method);
    assert.equal(order.status, "confirmed");
    assert.equal(await providerNet(shop, order.id), 700);
    assert.deepEqual(await stockOf(ann, product.id), { available: 1, reserved: 0, sold: 1 });
  });
}
