import assert from "node:assert/strict";
import { test } from "node:test";
import { deadlineExceeded, notFound, unavailable } from "../../core/failure/failure.ts";
import { addThing, dropThing, getThing, shakeThing } from "../things.fixture.ts";
import { isRepeatable, type RetrySituation, waitBeforeRetry } from "./retry.ts";

const situation: RetrySituation = {
  failure: unavailable.failure(),
  sent: true,
  repeatable: true,
  attempt: 1,
  remaining: 10_000,
  another: false,
};
const wait = (change: Partial<RetrySituation>, random = 0.5) =>
  waitBeforeRetry({ ...situation, ...change }, () => random);

test("reading, writing whole and removing are repeatable; the rest only with a key that the contract honours", () => {
  assert.equal(isRepeatable(getThing, undefined), true);
  assert.equal(isRepeatable(dropThing, undefined), true);
  assert.equal(isRepeatable(addThing, "k"), true);
  assert.equal(isRepeatable(addThing, undefined), false);
  assert.equal(isRepeatable(shakeThing, "k"), false);
});

test("waits grow from 25 ms, spread from nothing to their ceiling", () => {
  assert.equal(wait({}, 0), 0);
  assert.equal(wait({}, 1), 25);
  assert.equal(wait({ attempt: 2 }, 1), 50);
});

test("the third attempt is the last", () => {
  assert.equal(wait({ attempt: 3 }), undefined);
});

test("a definite no and a bug are not tried again", () => {
  assert.equal(wait({ failure: notFound.failure() }), undefined);
  assert.notEqual(wait({ failure: deadlineExceeded.failure() }), undefined);
});

test("what may have been done is tried again only when a repeat is harmless", () => {
  assert.equal(wait({ repeatable: false }), undefined);
  assert.notEqual(wait({ repeatable: false, sent: false }), undefined);
});

test("an attempt that could only begin after the deadline is none", () => {
  assert.equal(wait({ remaining: 10 }), undefined);
  assert.equal(wait({ remaining: 13 }), 12.5);
});

test("Retry-After is kept, unless another instance can be asked", () => {
  const failure = unavailable.failure({ retryAfter: 2 });
  assert.equal(wait({ failure }), 2000);
  assert.equal(wait({ failure, another: true }), 12.5);
  assert.equal(wait({ failure, remaining: 1500 }), undefined);
});
