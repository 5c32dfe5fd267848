import assert from "node:assert/strict";
import { test } from "node:test";
import { notFound, preconditionFailed } from "@flotilla/chassis/failure";
import { euros } from "@flotilla/contracts/money";
import { productCreated, productDeleted } from "@flotilla/contracts/products";
import { productsUnderTest } from "./products.fixture.ts";

test("an added product is told of with its place and tag, and can be read", async (t) => {
  const { admin, get, published } = await productsUnderTest(t);
  const body = { name: "Lamp", description: "", category: "other", price: euros(8_400) };
  const { status, headers, reply: product } = await admin.createProduct.answer({ body });
  assert.ok(product);
  assert.deepEqual(
    [status, headers.get("location"), headers.get("etag")],
    [201, `/api/products/${product.id}`, '"1.0"'],
  );
  assert.deepEqual((await get(product.id)).reply, product);
  const told = {
    productId: product.id,
    name: "Lamp",
    price: body.price,
    category: "other",
    version: 1,
    initialStock: 0,
  };
  assert.deepEqual(await published(productCreated), [told]);
  assert.equal((await published()).length, 1);
});

test("events of a product have versions without a gap, to its end", async (t) => {
  const { add, admin, published } = await productsUnderTest(t);
  const params = { id: (await add()).id };
  const changes = Array.from({ length: 5 }, (_, index) =>
    admin.updateProduct({ params, body: { name: `Lamp ${index}` } }),
  );
  await Promise.all(changes);
  await admin.deleteProduct({ params });
  assert.deepEqual(
    (await published()).map(({ body }) => (body as { version: number }).version),
    [1, 2, 3, 4, 5, 6, 7],
  );
  assert.deepEqual(await published(productDeleted), [{ productId: params.id, version: 7 }]);
});

test("of two edits of one version the second is refused and changes nothing; a sale in between voids none", async (t) => {
  const { add, admin, get, hearStock, published } = await productsUnderTest(t);
  const params = { id: (await add()).id };
  const headers = { "if-match": (await get(params.id)).headers.get("etag") ?? "" };
  await hearStock(params.id, 4, 1);
  const edits = await Promise.allSettled(
    ["one", "other"].map((name) => admin.updateProduct({ params, headers, body: { name } })),
  );
  assert.deepEqual(edits.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
  await assert.rejects(admin.updateProduct({ params, headers, body: { name: "third" } }), preconditionFailed.is);
  await assert.rejects(admin.deleteProduct({ params, headers }), preconditionFailed.is);
  const { reply: product, headers: now } = await get(params.id);
  assert.deepEqual([product?.version, product?.available, now.get("etag")], [2, 4, '"2.1"']);
  assert.equal((await published()).length, 2);
  await admin.deleteProduct({ params, headers: { "if-match": now.get("etag") ?? "" } });
});

test("a product that is not there, or not any more, is not found", async (t) => {
  const { add, admin, get } = await productsUnderTest(t);
  const params = { id: (await add()).id };
  await admin.deleteProduct({ params });
  for (const name of ["getProduct", "getPicture", "deleteProduct"] as const) {
    await assert.rejects(admin[name]({ params }), notFound.is);
  }
  await assert.rejects(admin.updateProduct({ params, body: { name: "Lamp" } }), notFound.is);
  assert.equal((await get("unknown")).refused, "not_found");
});

test("whoever has an answer already is told so until it changes", async (t) => {
  const { add, anonymous, get, hearStock } = await productsUnderTest(t);
  const params = { id: (await add()).id };
  const reads = [
    (headers = {}) => get(params.id, headers),
    (headers = {}) => anonymous.listProducts.answer({ query: { limit: 20 }, headers }),
  ];
  for (const [index, read] of reads.entries()) {
    const first = await read();
    const headers = { "if-none-match": first.headers.get("etag") ?? "" };
    const again = await read(headers);
    assert.deepEqual([again.status, again.reply, cached(again)], [304, undefined, cached(first)]);
    await hearStock(params.id, 5 + index, 1 + index);
    const changed = await read(headers);
    assert.equal(changed.status, 200);
    assert.notDeepEqual(cached(changed), cached(first));
  }
});

test("a picture may be kept, and is another when the name changes", async (t) => {
  const { add, admin, anonymous } = await productsUnderTest(t);
  const params = { id: (await add({ name: "Brass lamp" })).id };
  const { reply, headers } = await anonymous.getPicture.answer({ params });
  assert.match(String(reply), /^<svg .*Brass lamp/s);
  assert.match(headers.get("cache-control") ?? "", /max-age=86400/);
  const known = { "if-none-match": headers.get("etag") ?? "" };
  assert.equal((await anonymous.getPicture.answer({ params, headers: known })).status, 304);
  await admin.updateProduct({ params, body: { name: "Steel lamp" } });
  assert.equal((await anonymous.getPicture.answer({ params, headers: known })).status, 200);
});

/** What a cache keeps of an answer besides its body. */
const cached = ({ headers }: { headers: Headers }) => [headers.get("etag"), headers.get("cache-control")];
