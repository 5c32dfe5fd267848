import assert from "node:assert/strict";
import { test } from "node:test";
import { invalidInput } from "@flotilla/chassis/failure";
import { euros } from "@flotilla/contracts/money";
import { changeProduct, newProduct, searchText, searchWords } from "./product.ts";

const now = new Date("2030-01-01T00:00:00Z");
const later = new Date("2030-01-02T00:00:00Z");
const given = { name: " Brass lamp ", description: "", category: "Lamps", price: euros(8_400) };
const lamp = newProduct("1", given, now);

test("a new product is the first version, without stock, with the picture drawn for it", () => {
  assert.deepEqual(
    [lamp.name, lamp.version, lamp.available, lamp.imageUrl],
    ["Brass lamp", 1, 0, "/api/products/1/picture"],
  );
  assert.equal(
    newProduct("1", { ...given, imageUrl: "https://example.org/lamp.png" }, now).imageUrl,
    "https://example.org/lamp.png",
  );
});

test("a change keeps what it leaves out, and makes the next version", () => {
  const changed = changeProduct({ ...lamp, available: 7, stockVersion: 3 }, { price: euros(9_000) }, later);
  const expected = { price: euros(9_000), updatedAt: later.toISOString(), version: 2, available: 7, stockVersion: 3 };
  assert.deepEqual(changed, { ...lamp, ...expected });
});

test("a change on a replica whose clock is behind is not made before the product", () => {
  assert.equal(changeProduct(lamp, { name: "Lamp" }, new Date(0)).updatedAt, lamp.createdAt);
});

test("a name or category of nothing but spaces is refused with its path", () => {
  const refusedAt = (path: string) => (error: unknown) => invalidInput.is(error) && error.errors?.[0]?.path === path;
  assert.throws(() => newProduct("1", { ...given, name: "  " }, now), refusedAt("/name"));
  assert.throws(() => changeProduct(lamp, { category: " " }, now), refusedAt("/category"));
});

test("searches see no difference of case or of composition", () => {
  const text = searchText({ name: "Große Öllampe", description: "ΛΑΜΠΑΣ" });
  for (const word of ["GROSSE", "große", "o\u0308llampe", "λαμπας", "λαμπασ"]) {
    const words = searchWords(word);
    assert.equal(words.length, 1);
    assert.ok(
      words.every((folded) => text.includes(folded)),
      word,
    );
  }
});

test("a search is its words, however they are spaced", () => {
  assert.deepEqual(searchWords("  brass \t lamp\n"), ["BRASS", "LAMP"]);
  assert.deepEqual(searchWords("  "), []);
});
