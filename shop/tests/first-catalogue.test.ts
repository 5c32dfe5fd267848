import assert from "node:assert/strict";
import { test } from "node:test";
import type { Product } from "@flotilla/contracts/products";
import { startShop } from "./fixtures/shop.ts";
import { eventually } from "./fixtures/visitor.ts";

test("a first start fills a catalogue: each product has a picture, and stock that can be bought", async (t) => {
  const shop = await startShop(t);
  const visitor = shop.visitor();
  const products: Product[] = await eventually("every product is in stock", async () => {
    const { body } = await visitor.ask("GET", "/api/products?limit=100");
    return body.items.every(({ available }: Product) => available > 0) ? body.items : undefined;
  });
  assert.ok(products.length >= 20);
  for (const { id, imageUrl, available } of products) {
    const { status, headers, body } = await visitor.ask("GET", imageUrl);
    assert.deepEqual([status, headers.get("content-type")?.split(";")[0]], [200, "image/svg+xml"]);
    assert.match(body, /^<svg /);
    const stock = await visitor.ask("GET", `/api/inventory/${id}`);
    assert.equal(stock.body.available, available);
  }
  const ann = await shop.customer();
  assert.equal((await ann.order(products[0]?.id ?? "", 1)).status, "confirmed");
});
