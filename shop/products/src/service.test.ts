import assert from "node:assert/strict";
import { test } from "node:test";
import { tokenMissing } from "@flotilla/chassis/failure";
import { serviceUnderTest } from "@flotilla/chassis/testing";
import { service } from "./service.ts";

test("a new shop has something to show, and every product its picture", async (t) => {
  const { anonymous } = await serviceUnderTest(t, service);
  const { items } = await anonymous.listProducts({ query: { limit: 100 } });
  assert.ok(items.length >= 20);
  for (const { imageUrl } of items) {
    const picture = await anonymous.fetch(imageUrl.replace("/api", ""));
    assert.match(picture.headers.get("content-type") ?? "", /^image\/svg\+xml/);
    assert.match(await picture.text(), /^<svg /);
  }
});

test("products are searched, filtered, and not sent again to whoever has them", async (t) => {
  const { anonymous } = await serviceUnderTest(t, service);
  const { items } = await anonymous.listProducts({ query: { search: "CABIN lamp", category: "Lamps" } });
  assert.deepEqual(
    items.map(({ name }) => name),
    ["Brass cabin lamp"],
  );
  const paths = [
    "/products?search=CABIN%20lamp&category=Lamps",
    `/products/${items[0]?.id}`,
    `/products/${items[0]?.id}/picture`,
  ];
  for (const path of paths) {
    const etag = (await anonymous.fetch(path)).headers.get("etag") ?? "";
    const again = await anonymous.fetch(path, { headers: { "if-none-match": `W/${etag}` } });
    assert.deepEqual([again.status, await again.text(), again.headers.get("etag")], [304, "", etag], path);
  }
});

test("strangers change nothing, and only services ask for summaries", async (t) => {
  const { anonymous } = await serviceUnderTest(t, service);
  const [product] = (await anonymous.listProducts({ query: { limit: 1 } })).items;
  assert.ok(product);
  const { id, name, description, category, price } = product;
  const params = { id };
  await assert.rejects(anonymous.createProduct({ body: { name, description, category, price } }), tokenMissing.is);
  await assert.rejects(anonymous.updateProduct({ params, body: { name: "Mine" } }), tokenMissing.is);
  await assert.rejects(anonymous.deleteProduct({ params }), tokenMissing.is);
  await assert.rejects(anonymous.summariseProducts({ query: { ids: id } }), tokenMissing.is);
  assert.deepEqual(await anonymous.getProduct({ params }), product);
});
