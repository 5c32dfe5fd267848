import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { stepKey } from "./step-key.ts";

test("a key can be read: the saga's key, its name, the step", () => {
  assert.equal(
    stepKey({ name: "fulfil order", key: "0190-a", keyFormat: 2 }, "charge payment"),
    "0190-a:fulfil-order:charge-payment",
  );
});

const text = fc.string({ unit: "binary", maxLength: 300 });
/** Texts of the few characters in which keys that are joined meet. */
const close = fc.string({ unit: fc.constantFrom("a", "b", ":", "-", " ", "_"), maxLength: 4 });
const format = fc.constantFrom(1 as const, 2 as const);

test("whatever the names are, a key fits into a header and is stable", () => {
  fc.assert(
    fc.property(text, text, text, format, (key, name, step, keyFormat) => {
      const made = stepKey({ name, key, keyFormat }, step);
      assert.match(made, /^[A-Za-z0-9._:-]{1,200}$/);
      assert.equal(made, stepKey({ name, key, keyFormat }, step));
    }),
  );
});

test("no two steps of any two sagas have one key, however alike they are when joined", () => {
  const named = fc.tuple(close, close.filter(Boolean), close.filter(Boolean));
  const keyOf = ([key, name, step]: readonly [string, string, string]) => stepKey({ name, key, keyFormat: 2 }, step);
  fc.assert(
    fc.property(named, named, (one, other) => {
      fc.pre(String(one) !== String(other) || one[0] !== other[0] || one[1] !== other[1]);
      assert.notEqual(keyOf(one), keyOf(other));
    }),
    { numRuns: 2_000 },
  );
  assert.notEqual(keyOf(["Anna Maria", "sell", "charge"]), keyOf(["Anna-Maria", "sell", "charge"]));
  assert.notEqual(keyOf(["a", "b:c", "charge"]), keyOf(["a:b", "c", "charge"]));
  const long = "a".repeat(300);
  assert.notEqual(keyOf([long, "sell", "charge"]), keyOf([`${long}b`, "sell", "charge"]));
});

test("instances from before keys told all names apart keep the keys that they began with", () => {
  const before = { name: "b:c", key: "Anna Maria", keyFormat: 1 as const };
  assert.equal(stepKey(before, "charge"), "Anna-Maria:b:c:charge");
});
