import { deepEqual, equal } from "node:assert/strict";
import { it } from "node:test";
import fc from "fast-check";
import { deepText } from "./deep-text.ts";

it("is the JSON of any value, up to where it is cut", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.nat(200), (value, most) => {
      const whole = JSON.stringify(JSON.parse(JSON.stringify(value)));
      equal(deepText(value, Number.MAX_SAFE_INTEGER), whole);
      equal(deepText(value, most), whole.slice(0, most));
    }),
  );
});

it("copes with any depth and any width", () => {
  const levels = 400_000;
  const deep: unknown = JSON.parse("[".repeat(levels) + "]".repeat(levels));
  equal(deepText(deep, 100), "[".repeat(100));
  const wide = Array.from({ length: 300_000 }, (_, index) => index);
  deepEqual(JSON.parse(deepText(wide, 10_000_000)), wide);
});
