import assert from "node:assert/strict";
import { test } from "node:test";
import { serviceUnderTest } from "@flotilla/chassis/testing";
import { NewProduct, productCreated } from "@flotilla/contracts/products";
import { jsonValidator } from "../../../../chassis/src/contract/validation/validate.ts";
import { productStore } from "../product-store.ts";
import { service } from "../service.ts";
import { fillCatalogue } from "./fill-catalogue.ts";
import { firstCatalogue } from "./first-catalogue.ts";

test("the first catalogue is what an administrator could have added: at least 20 products, all different, all in stock", () => {
  assert.ok(firstCatalogue.length >= 20);
  assert.equal(new Set(firstCatalogue.map(({ name }) => name)).size, firstCatalogue.length);
  for (const { initialStock, ...product } of firstCatalogue) {
    jsonValidator(NewProduct)({ ...product });
    assert.ok(product.description.length > 20 && product.price.amount > 0 && initialStock >= 25 && initialStock <= 500);
  }
});

test("a first start fills the catalogue and tells of each product and its stock", async (t) => {
  const { anonymous, published } = await serviceUnderTest(t, service);
  const { items } = await anonymous.listProducts({ query: { limit: 100 } });
  assert.deepEqual(
    items.map(({ name }) => name),
    firstCatalogue.map(({ name }) => name),
  );
  assert.deepEqual(
    (await published(productCreated)).map(({ productId, version, initialStock }) => [productId, version, initialStock]),
    items.map(({ id }, index) => [id, 1, firstCatalogue[index]?.initialStock]),
  );
  assert.equal((await published()).length, items.length);
});

test("replicas that start at the same time fill it once", async (t) => {
  const { database, parts, anonymous, published } = await serviceUnderTest(t, service);
  await database.query("truncate product, first_catalogue, outbox");
  const fill = fillCatalogue({ ...parts, products: productStore(parts.database) });
  await Promise.all([1, 2, 3, 4].map(fill));
  const { items } = await anonymous.listProducts({ query: { limit: 100 } });
  assert.equal(items.length, firstCatalogue.length);
  assert.equal((await published()).length, firstCatalogue.length);
});

test("a later start does not bring back what an administrator deleted", async (t) => {
  const { admin, anonymous, restart } = await serviceUnderTest(t, service);
  const list = async () => (await anonymous.listProducts({ query: { limit: 100 } })).items;
  for (const { id } of await list()) await admin().deleteProduct({ params: { id } });
  await restart();
  assert.deepEqual(await list(), []);
});
