import assert from "node:assert/strict";
import { test } from "node:test";
import { notFound, preconditionFailed } from "@flotilla/chassis/failure";
import { productsUnderTest } from "./products-under-test.ts";

test("an added product is told of with its place and tag, and can be read", async (t) => {
  const { call, get, published } = await productsUnderTest(t);
  const body = { name: "Lamp", description: "", category: "other", price: { amount: 8_400, currency: "EUR" } };
  const created = await call("createProduct", { body });
  const product = created.body;
  assert.ok(product);
  assert.deepEqual(
    [created.status, created.headers],
    [201, { location: `/api/products/${product.id}`, etag: '"1.0"' }],
  );
  assert.deepEqual((await get(product.id)).body, product);
  assert.deepEqual(published, [
    {
      type: "product.created",
      body: { productId: product.id, name: "Lamp", price: body.price, category: "other", version: 1, initialStock: 0 },
    },
  ]);
});

test("events of a product have versions without a gap, to its end", async (t) => {
  const { add, call, published } = await productsUnderTest(t);
  const params = { id: (await add()).id };
  const changes = Array.from({ length: 5 }, (_, index) =>
    call("updateProduct", { params, body: { name: `Lamp ${index}` } }),
  );
  await Promise.all(changes);
  await call("deleteProduct", { params });
  assert.deepEqual(
    published.map(({ body }) => body.version),
    [1, 2, 3, 4, 5, 6, 7],
  );
  assert.deepEqual(published.at(-1), { type: "product.deleted", body: { productId: params.id, version: 7 } });
});

test("of two edits of one version the second is refused and changes nothing; a sale in between voids none", async (t) => {
  const { add, call, get, hearStock, published } = await productsUnderTest(t);
  const params = { id: (await add()).id };
  const headers = { "if-match": (await get(params.id)).headers["etag"] as string };
  await hearStock(params.id, 4, 1);
  const edits = await Promise.allSettled(
    ["one", "other"].map((name) => call("updateProduct", { params, headers, body: { name } })),
  );
  assert.deepEqual(edits.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
  await assert.rejects(call("updateProduct", { params, headers, body: { name: "third" } }), preconditionFailed.is);
  await assert.rejects(call("deleteProduct", { params, headers }), preconditionFailed.is);
  const { body: product, headers: now } = await get(params.id);
  assert.deepEqual([product?.version, product?.available, now["etag"]], [2, 4, '"2.1"']);
  assert.equal(published.length, 2);
  await call("deleteProduct", { params, headers: { "if-match": now["etag"] as string } });
});

test("a product that is not there, or not any more, is not found", async (t) => {
  const { add, call, get } = await productsUnderTest(t);
  const params = { id: (await add()).id };
  await call("deleteProduct", { params });
  for (const name of ["getProduct", "getPicture", "deleteProduct"] as const) {
    await assert.rejects(call(name, { params }), notFound.is);
  }
  await assert.rejects(call("updateProduct", { params, body: { name: "Lamp" } }), notFound.is);
  await assert.rejects(get("unknown"), notFound.is);
});

test("whoever has an answer already is told so until it changes", async (t) => {
  const { add, call, get, hearStock } = await productsUnderTest(t);
  const params = { id: (await add()).id };
  const reads = [
    (headers = {}) => get(params.id, headers),
    (headers = {}) => call("listProducts", { query: { limit: 20 }, headers }),
  ];
  for (const [index, read] of reads.entries()) {
    const first = await read();
    const headers = { "if-none-match": first.headers["etag"] as string };
    const again = await read(headers);
    assert.deepEqual([again.status, again.body, again.headers], [304, undefined, first.headers]);
    await hearStock(params.id, 5 + index, 1 + index);
    const changed = await read(headers);
    assert.equal(changed.status, 200);
    assert.notEqual(changed.headers["etag"], first.headers["etag"]);
  }
});

test("a picture may be kept, and is another when the name changes", async (t) => {
  const { add, call } = await productsUnderTest(t);
  const params = { id: (await add({ name: "Brass lamp" })).id };
  const { body, headers } = await call("getPicture", { params });
  assert.match(String(body), /^<svg .*Brass lamp/s);
  assert.match(headers["cache-control"] as string, /max-age=86400/);
  const known = { "if-none-match": headers["etag"] as string };
  assert.equal((await call("getPicture", { params, headers: known })).status, 304);
  await call("updateProduct", { params, body: { name: "Steel lamp" } });
  assert.equal((await call("getPicture", { params, headers: known })).status, 200);
});
