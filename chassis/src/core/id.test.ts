import assert from "node:assert/strict";
import { test } from "node:test";
import { newId } from "./id.ts";

test("ids sort in the order in which they were made, also within a millisecond", () => {
  const ids = Array.from({ length: 10_000 }, newId);
  assert.deepEqual(ids.toSorted(), ids);
  assert.equal(new Set(ids).size, ids.length);
});

test("an id is a UUID of version 7 that holds the time", () => {
  const before = Date.now();
  const id = newId();
  assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  const time = Number.parseInt(id.replaceAll("-", "").slice(0, 12), 16);
  assert.ok(time >= before && time <= Date.now() + 1);
});
