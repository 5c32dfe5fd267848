import assert from "node:assert/strict";
import { test } from "node:test";
import { invalidInput } from "@flotilla/chassis/failure";
import { allowsChange, isKnown, productTag, tagOf } from "./entity-tag.ts";
import { newProduct } from "./product.ts";

const given = { name: "Lamp", description: "", category: "Lamps", price: { amount: 1, currency: "EUR" } } as const;
const lamp = newProduct("1", given, new Date("2030-01-01T00:00:00Z"));

test("a product's tag changes with the product and with its stock", () => {
  assert.equal(productTag(lamp), '"1.0"');
  assert.equal(productTag({ ...lamp, version: 3, stockVersion: 17 }), '"3.17"');
});

test("the tag of a text is always the same, and another text's is another", () => {
  assert.match(tagOf("a"), /^"[\w-]+"$/);
  assert.equal(tagOf("a"), tagOf("a"));
  assert.notEqual(tagOf("a"), tagOf("b"));
});

test("If-None-Match knows a tag by itself, in a list, weak, or as *", () => {
  for (const header of ['"3.17"', 'W/"3.17"', '"1.1", W/"3.17"', '"1.1","3.17"', "*", " * "]) {
    assert.equal(isKnown(header, '"3.17"'), true, `${header}`);
  }
  for (const header of [undefined, "", '"3.1"', "3.17", '"13.17"', '"1.1", "2.1"', '"*"']) {
    assert.equal(isKnown(header, '"3.17"'), false, `${header}`);
  }
});

test("If-Match lets a change through for the version it names, whatever the stock", () => {
  for (const header of [undefined, "*", '"3"', '"3.17"', '"3.99"', '"1", "3"', 'W/"3", "3.1"']) {
    assert.equal(allowsChange(header, 3), true, `${header}`);
  }
  for (const header of ['"2"', '"2.3"', '"33"', '"33.1"', '"30.17"', '""', '"*"', 'W/"3.17"', 'W/"3"']) {
    assert.equal(allowsChange(header, 3), false, `${header}`);
  }
});

test("an If-Match that is no list of tags is refused", () => {
  for (const header of ["", "3", "nonsense", '"3', '"3" "4"', '"3",', 'w/"3"', "3, 4", '*, "3"']) {
    assert.throws(() => allowsChange(header, 3), invalidInput.is, header);
  }
});
