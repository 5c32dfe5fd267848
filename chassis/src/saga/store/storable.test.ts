import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { storable } from "./storable.ts";

test("what is JSON is stored as it is, without what is undefined", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 5 })), (value) => {
      fc.pre(!JSON.stringify(value).match(/__proto__|\\u0000|\\ud[89a-f]/i));
      assert.deepEqual(storable({ value }), JSON.parse(JSON.stringify({ value })));
    }),
  );
  assert.deepEqual(storable({ a: undefined, b: [null], c: -0 }), { b: [null], c: 0 });
  assert.deepEqual(storable(Object.assign(Object.create(null), { a: 1 })), { a: 1 });
  assert.equal(storable(undefined), undefined);
});

class Money {
  amount = 7;
}
const circle: Record<string, unknown> = {};
circle["round"] = circle;
const wide: unknown[] = Array(64).fill("x".repeat(1_024));

const refused: [string, unknown, RegExp][] = [
  ["a Date", { at: new Date(0) }, /\/at is of class Date/],
  ["a Map", { prices: new Map() }, /\/prices is of class Map/],
  ["a Set", { a: { b: new Set() } }, /\/a\/b is of class Set/],
  ["an instance of a class", { total: new Money() }, /\/total is of class Money/],
  ["an instance itself", new Money(), /class Money/],
  ["an error", { why: new TypeError("no") }, /\/why is of class TypeError/],
  ["bytes", { bytes: Buffer.from("a") }, /\/bytes is of class Buffer/],
  ["NaN", { n: Number.NaN }, /\/n is NaN/],
  ["Infinity", { lines: [{ n: Number.POSITIVE_INFINITY }] }, /\/lines\/0\/n is Infinity/],
  ["undefined in a list", { list: [1, undefined] }, /\/list\/1 is undefined/],
  ["a list with gaps", { list: new Array(3) }, /\/list has gaps/],
  ["a list with names", { list: Object.assign([1], { total: 1 }) }, /\/list has gaps, or fields/],
  ["a BigInt", { n: 7n }, /\/n is a BigInt/],
  ["a function", { f: () => {} }, /\/f is a function/],
  ["a symbol", { s: Symbol("s") }, /\/s is a symbol/],
  ["a symbol as a name", { [Symbol("s")]: 1 }, /a symbol as a name/],
  ["NUL", { "a/b": "\0" }, /\/a~1b must not hold a NUL/],
  ["NUL in a name", { "a\0b": 1 }, /must not hold a NUL/],
  ["half a surrogate pair", { a: "😀".slice(1) }, /\/a must be well-formed/],
  ["a name that changes a prototype", JSON.parse('{"__proto__": {}}'), /\/__proto__ is not a name/],
  ["a circle", circle, /nested deeper than 24/],
  ["too much", { wide: Array(32).fill(wide) }, /larger than 1 MiB/],
  ["a list", [], /an object of JSON/],
  ["a text", "text", /an object of JSON/],
];

for (const [what, result, why] of refused) {
  test(`${what} is not stored as something else: it is refused, and the error says where it is`, () => {
    assert.throws(() => storable(result), why);
  });
}
