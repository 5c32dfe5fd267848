import assert from "node:assert/strict";
import { test } from "node:test";
import { newId } from "./id.ts";

test("ids sort in the order in which they were made, also within a millisecond", () => {
  const ids = Array.from({ length: 10_000 }, newId);
  assert.deepEqual(ids.toSorted(), ids);
  assert.equal(new Set(ids).size, ids.length);
});
