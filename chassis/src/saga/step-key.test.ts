import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { stepKey } from "./step-key.ts";

test("a key can be read: the saga's key, its name, the step", () => {
  assert.equal(
    stepKey({ name: "fulfil order", key: "0190-a" }, "charge payment"),
    "0190-a:fulfil-order:charge-payment",
  );
});

test("whatever the names are, a key fits into a header, is stable, and differs from those of other steps", () => {
  const text = fc.string({ unit: "binary", maxLength: 300 });
  fc.assert(
    fc.property(text, text, text, (key, name, step) => {
      const made = stepKey({ name, key }, step);
      assert.match(made, /^[A-Za-z0-9._:-]{1,200}$/);
      assert.equal(made, stepKey({ name, key }, step));
      assert.notEqual(made, stepKey({ name, key }, `${step}é`));
    }),
  );
});
