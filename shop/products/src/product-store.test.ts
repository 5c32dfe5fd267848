import assert from "node:assert/strict";
import { test } from "node:test";
import { euros } from "@flotilla/contracts/money";
import { productStore } from "./product-store.ts";
import { productsUnderTest } from "./products.fixture.ts";

test("a search finds products that have every word in name or description, whatever the case", async (t) => {
  const { add, list } = await productsUnderTest(t);
  await add({ name: "Brass lamp", description: "For the cabin" });
  await add({ name: "Steel lamp", description: "For the mast" });
  await add({ name: "Öllampe", description: "Große Flamme" });
  const found = async (search: string) => (await list({ search })).items.map(({ name }) => name);
  assert.deepEqual(await found("LAMP"), ["Brass lamp", "Steel lamp", "Öllampe"]);
  assert.deepEqual(await found("cabin lamp"), ["Brass lamp"]);
  assert.deepEqual(await found("öllampe GROSSE"), ["Öllampe"]);
  assert.deepEqual(await found("lamp anchor"), []);
  assert.equal((await found("  ")).length, 3);
});

test("%, _ and \\ in a search stand for themselves", async (t) => {
  const { add, list } = await productsUnderTest(t);
  await add({ name: "100% wool" });
  await add({ name: "snake_case" });
  await add({ name: "back\\slash" });
  await add({ name: "plain" });
  const found = async (search: string) => (await list({ search })).items.map(({ name }) => name);
  assert.deepEqual(await found("%"), ["100% wool"]);
  assert.deepEqual(await found("_"), ["snake_case"]);
  assert.deepEqual(await found("\\"), ["back\\slash"]);
  assert.deepEqual(await found("k_\\"), []);
  assert.deepEqual(await found("'; drop table product; --"), []);
});

test("a category is filtered exactly, together with the search", async (t) => {
  const { add, list } = await productsUnderTest(t);
  await add({ name: "Lamp", category: "Lamps" });
  await add({ name: "Lamp oil", category: "Galley" });
  assert.deepEqual(
    (await list({ category: "Galley", search: "lamp" })).items.map(({ name }) => name),
    ["Lamp oil"],
  );
  assert.deepEqual((await list({ category: "galley" })).items, []);
});

test("pages follow one another, oldest first, and the last one says so", async (t) => {
  const { add, list } = await productsUnderTest(t);
  const names = ["a", "b", "c", "d", "e"];
  for (const name of names) await add({ name });
  const seen: string[][] = [];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = await list({ limit: 2, ...(cursor ? { cursor } : {}) });
    seen.push(page.items.map(({ name }) => name));
    cursor = page.nextCursor;
  }
  assert.deepEqual(seen, [["a", "b"], ["c", "d"], ["e"]]);
});

test("the database itself refuses a negative price and negative stock", async (t) => {
  const { add, database } = await productsUnderTest(t);
  const { id } = await add();
  for (const column of ["price", "available", "version", "stock_version"]) {
    await assert.rejects(database.query(`update product set ${column} = -1 where id = $1`, [id]), /check constraint/);
  }
});

test("summaries leave unknown ids out", async (t) => {
  const { add, database, service } = await productsUnderTest(t);
  const { id } = await add({ price: euros(100_000_000) });
  const expected = [{ id, name: "Lamp", price: euros(100_000_000) }];
  assert.deepEqual(await productStore(database).summarise([id, "unknown"]), expected);
  assert.deepEqual(await service().summariseProducts({ query: { ids: `${id},,unknown,${id}` } }), {
    items: expected,
  });
});
