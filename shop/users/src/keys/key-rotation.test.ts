import assert from "node:assert/strict";
import { test } from "node:test";
import { isSuccessorDue, keysToShow, signingKeyOf } from "./key-rotation.ts";

const DAY = 24 * 60 * 60_000;
const start = new Date("2030-01-01T00:00:00Z");
const at = (milliseconds: number) => new Date(start.getTime() + milliseconds);
const first = { name: "first", createdAt: start };
const second = { name: "second", createdAt: at(30 * DAY) };

test("a key is due when there is none, and when the newest is 30 days old", () => {
  assert.equal(isSuccessorDue([], start), true);
  assert.equal(isSuccessorDue([first], at(30 * DAY - 1)), false);
  assert.equal(isSuccessorDue([first], at(30 * DAY)), true);
  assert.equal(isSuccessorDue([first, second], at(30 * DAY)), false);
});

test("the first key signs at once, a later one after everybody could load it", () => {
  assert.equal(signingKeyOf([first], start), first);
  assert.equal(signingKeyOf([first, second], at(30 * DAY + 9 * 60_000)), first);
  assert.equal(signingKeyOf([first, second], at(30 * DAY + 10 * 60_000)), second);
});

test("a key is shown for longer than its last token lives", () => {
  assert.deepEqual(keysToShow([first, second], at(30 * DAY + 25 * 60_000)), [first, second]);
  assert.deepEqual(keysToShow([first, second], at(30 * DAY + 60 * 60_000)), [second]);
});

test("the newest key signs and is shown however long no other was made", () => {
  assert.equal(signingKeyOf([first], at(400 * DAY)), first);
  assert.deepEqual(keysToShow([first], at(400 * DAY)), [first]);
});
