import assert from "node:assert/strict";
import { test } from "node:test";
import { deadlineExceeded, tooLarge, unavailable } from "../core/failure/failure.ts";
import { outcomeOf, toldByError, toldByStatus } from "./attempt-outcome.ts";

test("an answer tells that the instance is well, unless it says that it is not", () => {
  for (const status of [200, 204, 304, 400, 401, 404, 409, 422]) assert.equal(toldByStatus(status, false), "good");
  for (const status of [500, 501, 503, 599]) assert.equal(toldByStatus(status, false), "failed");
});

test("nothing is told by one that has too much to do, or waits for others", () => {
  for (const status of [429, 502, 504]) assert.equal(toldByStatus(status, false), "unknown");
  assert.equal(toldByStatus(503, true), "unknown");
});

test("no answer is a failure, if there was time for one and the caller was there", () => {
  assert.equal(toldByError(new Error("the connection broke"), 1), "failed");
  assert.equal(toldByError(deadlineExceeded.failure(), 250), "failed");
  assert.equal(toldByError(deadlineExceeded.failure(), 249), "unknown");
  assert.equal(toldByError(unavailable.failure(), 5_000), "unknown");
  assert.equal(toldByError(tooLarge.failure(), 5_000), "unknown");
});

test("what is good but late was slow", () => {
  assert.deepEqual([outcomeOf("good", 999, 1_000), outcomeOf("good", 1_000, 1_000)], ["good", "slow"]);
  assert.deepEqual([outcomeOf("failed", 5_000, 1_000), outcomeOf("unknown", 5_000, 1_000)], ["failed", "unknown"]);
});
