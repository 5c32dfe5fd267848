import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { slots } from "./slots.ts";

test("slots give back what was put in, once, whatever comes and goes", () => {
  const step = fc.oneof(
    fc.constant("add"),
    fc.constant("all"),
    fc.record({ take: fc.nat(200), later: fc.constantFrom(0, 0, 4_096) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const tested = slots<object>();
      const model = new Map<number, object>();
      const everUsed: number[] = [];
      for (const what of steps) {
        if (what === "add") {
          const item = {};
          const id = tested.add(item);
          assert.ok(!model.has(id));
          model.set(id, item);
          everUsed.push(id);
        } else if (what === "all") {
          assert.deepEqual(new Set(tested.takeAll()), new Set(model.values()));
          model.clear();
        } else {
          // Also one that its place will have later.
          const id = (everUsed[what.take % Math.max(1, everUsed.length)] ?? 4_095) + what.later;
          assert.equal(tested.take(id), model.get(id));
          model.delete(id);
        }
        assert.equal(tested.size(), model.size);
      }
    }),
  );
});

test("a number is not used again soon, and more than there are places are refused", () => {
  const tested = slots<object>();
  const used = new Set<number>();
  for (let at = 0; at < 10_000; at += 1) {
    const id = tested.add({});
    assert.ok(!used.has(id));
    used.add(id);
    tested.take(id);
  }
  for (let at = 0; at < 4_096; at += 1) tested.add({});
  assert.throws(() => tested.add({}), RangeError);
});
