import assert from "node:assert/strict";
import { test } from "node:test";
import { productsUnderTest } from "./products.fixture.ts";

test("what is available follows the stock, and what is older never takes the place of what is newer", async (t) => {
  const { add, get, hearStock } = await productsUnderTest(t);
  const { id } = await add();
  await hearStock(id, 10, 1);
  await hearStock(id, 7, 3);
  await hearStock(id, 9, 2);
  await hearStock(id, 8, 3);
  const { reply, headers } = await get(id);
  assert.equal(reply?.available, 7);
  assert.equal(headers.get("etag"), '"1.3"');
});

test("a change of the stock is no change of the product", async (t) => {
  const { add, get, hearStock, clock, published } = await productsUnderTest(t);
  const product = await add();
  await clock.advance(1_000);
  await hearStock(product.id, 10, 1);
  assert.deepEqual((await get(product.id)).reply, { ...product, available: 10 });
  assert.equal((await published()).length, 1);
});

test("stock of a product that was deleted is let pass", async (t) => {
  const { add, hearStock, admin, list } = await productsUnderTest(t);
  const { id } = await add();
  await admin.deleteProduct({ params: { id } });
  await hearStock(id, 10, 1);
  assert.deepEqual((await list()).items, []);
});
