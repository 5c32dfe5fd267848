import assert from "node:assert/strict";
import { test } from "node:test";
import {
  Failure,
  internalError,
  invalidInput,
  rateLimited,
  tokenInvalid,
  unavailable,
} from "../core/failure/failure.ts";
import { problemHeaders, problemOf } from "./problem.ts";

test("a problem names its code, its status and the request, and each fault of the input", () => {
  const failure = invalidInput.failure({ errors: [{ path: "/items/0/quantity", message: "must be >= 1" }] });
  assert.deepEqual(problemOf(failure, "request-1"), {
    type: "urn:problem:invalid_input",
    title: "The input is not valid",
    status: 400,
    code: "invalid_input",
    instance: "request-1",
    errors: [{ path: "/items/0/quantity", message: "must be >= 1" }],
  });
});

test("what lies behind a failure is not told", () => {
  const failure = internalError.failure({ cause: new Error("connect ECONNREFUSED 10.0.0.1:5432") });
  assert.doesNotMatch(JSON.stringify(problemOf(failure, "request-1")), /ECONNREFUSED|10\.0\.0\.1|stack|cause/);
});

test("a 401 says how to sign in, a 429 and a 503 say when to ask again, in whole seconds", () => {
  assert.equal(problemHeaders(tokenInvalid.failure())["www-authenticate"], "Bearer");
  assert.equal(problemHeaders(rateLimited.failure({ retryAfter: 1.2 }))["retry-after"], "2");
  assert.equal(problemHeaders(unavailable.failure())["retry-after"], "1");
  assert.equal(problemHeaders(new Failure(invalidInput))["retry-after"], undefined);
});
