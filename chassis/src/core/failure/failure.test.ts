import assert from "node:assert/strict";
import { test } from "node:test";
import { failureFrom, internalError, outage, refusal } from "./failure.ts";

const soldOut = refusal("sold_out", 409, "It is sold out");

test("a failure carries its definition and is known by its code", () => {
  const failure = soldOut.failure({ errors: [{ path: "/items/0", message: "is sold out" }] });
  assert.equal(failure.message, "It is sold out");
  assert.deepEqual([failure.code, failure.kind, failure.status], ["sold_out", "refused", 409]);
  assert.ok(soldOut.is(failure));
  assert.ok(!outage("closed", 503, "It is closed").is(failure));
});

test("what is not a failure becomes an internal error that keeps its cause", () => {
  const cause = new TypeError("x is not a function");
  assert.ok(internalError.is(failureFrom(cause)));
  assert.equal(failureFrom(cause).cause, cause);
  const failure = soldOut.failure();
  assert.equal(failureFrom(failure), failure);
});
