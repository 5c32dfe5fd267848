import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { startInProcess } from "@flotilla/chassis/testing";
import type { Product } from "@flotilla/contracts/products";
import { service } from "./service.ts";

/** The service as a process of its own would run it, asked over HTTP. */
async function serviceUnderTest(t: TestContext) {
  const running = await startInProcess(t, [{ service }]);
  return async (path: string, init: RequestInit = {}) => {
    const response = await fetch(`${running.url("products")}${path}`, init);
    return { status: response.status, headers: response.headers, text: await response.text() };
  };
}

test("a new shop has something to show, and every product its picture", async (t) => {
  const ask = await serviceUnderTest(t);
  const { items } = JSON.parse((await ask("/products?limit=100")).text) as { items: Product[] };
  assert.ok(items.length >= 20);
  for (const { imageUrl } of items) {
    const picture = await ask(imageUrl.replace("/api", ""));
    assert.match(picture.headers.get("content-type") ?? "", /^image\/svg\+xml/);
    assert.match(picture.text, /^<svg /);
  }
});

test("products are searched, filtered, and not sent again to whoever has them", async (t) => {
  const ask = await serviceUnderTest(t);
  const found = await ask("/products?search=CABIN%20lamp&category=Lamps");
  const { items } = JSON.parse(found.text) as { items: Product[] };
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
    const etag = (await ask(path)).headers.get("etag") ?? "";
    const again = await ask(path, { headers: { "if-none-match": `W/${etag}` } });
    assert.deepEqual([again.status, again.text, again.headers.get("etag")], [304, "", etag], path);
  }
});

test("strangers change nothing, and only services ask for summaries", async (t) => {
  const ask = await serviceUnderTest(t);
  const { items } = JSON.parse((await ask("/products?limit=1")).text) as { items: Product[] };
  const path = `/products/${items[0]?.id}`;
  const json = { headers: { "content-type": "application/json" }, body: JSON.stringify({ name: "Mine" }) };
  assert.equal((await ask("/products", { method: "POST", ...json })).status, 401);
  assert.equal((await ask(path, { method: "PUT", ...json })).status, 401);
  assert.equal((await ask(path, { method: "DELETE" })).status, 401);
  assert.equal((await ask(`/product-summaries?ids=${items[0]?.id}`)).status, 401);
  assert.deepEqual(JSON.parse((await ask(path)).text), items[0]);
});
