import assert from "node:assert/strict";
import { test } from "node:test";
import { productsUnderTest } from "./products-under-test.ts";

test("what is available follows the stock, and what is older never takes the place of what is newer", async (t) => {
  const { add, get, hearStock } = await productsUnderTest(t);
  const { id } = await add();
  await hearStock(id, 10, 1);
  await hearStock(id, 7, 3);
  await hearStock(id, 9, 2);
  await hearStock(id, 8, 3);
  const { body, headers } = await get(id);
  assert.equal(body?.available, 7);
  assert.equal(headers["etag"], '"1.3"');
});

test("a change of the stock is no change of the product", async (t) => {
  const { add, get, hearStock, clock, published } = await productsUnderTest(t);
  const product = await add();
  await clock.advance(1_000);
  await hearStock(product.id, 10, 1);
  assert.deepEqual((await get(product.id)).body, { ...product, available: 10 });
  assert.equal(published.length, 1);
});

test("stock of a product that was deleted is let pass", async (t) => {
  const { add, hearStock, call, list } = await productsUnderTest(t);
  const { id } = await add();
  await call("deleteProduct", { params: { id } });
  await hearStock(id, 10, 1);
  assert.deepEqual((await list()).items, []);
});
