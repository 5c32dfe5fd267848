import assert from "node:assert/strict";
import { test } from "node:test";
import { boundedTime, LONGEST_TIME } from "./time.ts";

test("a time is a number of milliseconds from none to a hundred years, whatever it is made from", () => {
  const times: [number, number][] = [
    [Number.NaN, 0],
    [Number(undefined), 0],
    [-1, 0],
    [Number.NEGATIVE_INFINITY, 0],
    [0 * 2 ** 1_024, 0],
    [7, 7],
    [1e300, LONGEST_TIME],
    [Number.POSITIVE_INFINITY, LONGEST_TIME],
  ];
  for (const [given, time] of times) assert.equal(boundedTime(given), time);
});
