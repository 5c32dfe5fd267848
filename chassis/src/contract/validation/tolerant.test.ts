import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Type } from "typebox";
import { invalidInput } from "../../core/failure/failure.ts";
import { Fields, Nullable, Page } from "../schema.ts";
import { tolerantValidator } from "./tolerant.ts";

const Order = Fields({
  id: Type.String(),
  total: Fields({ amount: Type.Integer() }),
  reason: Nullable(Fields({ code: Type.String() })),
  paid: Type.Union([Fields({ card: Type.String() }), Fields({ invoice: Type.Integer() })]),
});
const order = { id: "o1", total: { amount: 1 }, reason: null, paid: { invoice: 7 } };
const read = tolerantValidator(Page(Order));
const page = (...items: unknown[]) => ({ items, nextCursor: null });

test("what fits is returned as it is", () => {
  const value = page(order, { ...order, reason: { code: "x" }, paid: { card: "c" } });
  assert.equal(read(value), value);
});

test("fields that nobody here knows are dropped, however deep they are", () => {
  const newer = {
    ...order,
    tip: 1,
    total: { amount: 1, currency: "EUR" },
    reason: { code: "x", since: 1 },
    paid: { invoice: 7, due: "soon" },
  };
  assert.deepEqual(read({ ...page(order, newer), more: true, __proto__: null }), {
    ...page(order, { ...order, reason: { code: "x" } }),
  });
});

test("a wrong type and a missing field stay an error, with or without unknown ones beside them", () => {
  const { id: _, ...missing } = order;
  for (const wrong of [
    { ...order, id: 1 },
    missing,
    { ...order, total: { amount: "1" } },
    { ...order, paid: { invoice: "7" } },
  ]) {
    assert.throws(() => read(page(wrong)), invalidInput.is);
    assert.throws(() => read(page({ ...wrong, extra: 1 })), invalidInput.is);
  }
});

test("whatever is read fits, and holds nothing that was not said", () => {
  const Free = fc.jsonValue({ maxDepth: 4 });
  fc.assert(
    fc.property(
      fc.record({ id: fc.string(), total: fc.oneof(Free, fc.constant({ amount: 1, x: 2 })), extra: Free }),
      (said) => {
        const reads = tolerantValidator(Fields({ id: Type.String(), total: Fields({ amount: Type.Integer() }) }));
        let value: { id: string; total: { amount: number } };
        try {
          value = reads(structuredClone(said));
        } catch {
          return;
        }
        assert.deepEqual(value, { id: said.id, total: { amount: (said.total as { amount: number }).amount } });
      },
    ),
    { numRuns: 300 },
  );
});
