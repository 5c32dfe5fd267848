import assert from "node:assert/strict";
import { test } from "node:test";
import { NewProduct } from "@flotilla/contracts/products";
import { jsonValidator } from "../../../chassis/src/contract/validate.ts";
import { firstCatalogue } from "./first-catalogue.ts";
import { productsUnderTest } from "./products-under-test.ts";

test("the first catalogue is what an administrator could have added: at least 20 products, all different, all in stock", () => {
  assert.ok(firstCatalogue.length >= 20);
  assert.equal(new Set(firstCatalogue.map(({ name }) => name)).size, firstCatalogue.length);
  for (const { initialStock, ...product } of firstCatalogue) {
    jsonValidator(NewProduct)({ ...product });
    assert.ok(product.description.length > 20 && product.price.amount > 0 && initialStock >= 25 && initialStock <= 500);
  }
});

test("a first start fills the catalogue and tells of each product and its stock", async (t) => {
  const { prepare, list, published } = await productsUnderTest(t);
  await prepare();
  const { items } = await list({ limit: 100 });
  assert.deepEqual(
    items.map(({ name }) => name),
    firstCatalogue.map(({ name }) => name),
  );
  assert.deepEqual(
    published.map(({ type, body }) => [type, body.productId, body.version, body.initialStock]),
    items.map(({ id }, index) => ["product.created", id, 1, firstCatalogue[index]?.initialStock]),
  );
});

test("replicas that start at the same time fill it once", async (t) => {
  const { prepare, list, published } = await productsUnderTest(t);
  await Promise.all([1, 2, 3, 4].map(prepare));
  assert.equal((await list({ limit: 100 })).items.length, firstCatalogue.length);
  assert.equal(published.length, firstCatalogue.length);
});

test("a later start does not bring back what an administrator deleted", async (t) => {
  const { prepare, list, call } = await productsUnderTest(t);
  await prepare();
  for (const { id } of (await list({ limit: 100 })).items) await call("deleteProduct", { params: { id } });
  await prepare();
  assert.deepEqual((await list()).items, []);
});
