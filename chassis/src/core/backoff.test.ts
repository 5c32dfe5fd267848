import assert from "node:assert/strict";
import { test } from "node:test";
import { backoffDelay } from "./backoff.ts";

test("the ceiling doubles with each attempt up to the most", () => {
  const ceilings = [1, 2, 3, 4, 5].map((attempt) => backoffDelay({ first: 100, most: 500 }, attempt, () => 1));
  assert.deepEqual(ceilings, [100, 200, 400, 500, 500]);
});

test("the wait is spread over the whole range below the ceiling", () => {
  assert.equal(
    backoffDelay({ first: 100, most: 500 }, 2, () => 0),
    0,
  );
  assert.equal(
    backoffDelay({ first: 100, most: 500 }, 2, () => 0.25),
    50,
  );
});

test("a wait is a time, however many attempts there were", () => {
  for (const first of [0, 1]) {
    const wait = backoffDelay({ first, most: 500, factor: 2 }, 1_025, () => 1);
    assert.equal(wait, first && 500);
  }
});
