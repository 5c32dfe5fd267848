import assert from "node:assert/strict";
import { test } from "node:test";
import { type FairLines, fairLines } from "./fair-lines.ts";

const by = (network: string, subject: string) => ({ network, subject });

/** All that wait, in the order of their turns. */
function drain(lines: FairLines<string>): string[] {
  const drained: string[] = [];
  for (let next = lines.next(); next !== undefined; next = lines.next()) drained.push(next);
  return drained;
}

test("networks take turns, and in each the subjects", () => {
  const lines = fairLines<string>(10);
  for (const item of ["a1", "a2", "a3"]) lines.add(item, by("n", "a"));
  for (const item of ["b1", "b2"]) lines.add(item, by("n", "b"));
  for (const item of ["c1", "c2"]) lines.add(item, by("m", "c"));
  assert.deepEqual(drain(lines), ["a1", "c1", "b1", "c2", "a2", "b2", "a3"]);
  assert.equal(lines.next(), undefined);
});

test("the newest of the longest line makes room for who has less waiting", () => {
  const lines = fairLines<string>(4);
  for (const item of ["a1", "a2", "a3", "a4"]) lines.add(item, by("n", "a"));
  assert.equal(lines.add("b1", by("n", "b")), "a4", "in the same network");
  assert.equal(lines.add("c1", by("m", "c")), "a3", "from another network");
  assert.equal(lines.add("a5", by("n", "a")), "a5", "who has most is refused");
  assert.deepEqual(drain(lines), ["a1", "c1", "b1", "a2"]);
});

test("of many who have one thing waiting each, none makes room for another", () => {
  const lines = fairLines<string>(2);
  lines.add("a", by("n", "a"));
  lines.add("b", by("n", "b"));
  assert.equal(lines.add("c", by("n", "c")), "c");
  assert.deepEqual(drain(lines), ["a", "b"]);
});

test("a network with many subjects takes no more than its share from a network with few", () => {
  const lines = fairLines<string>(6);
  for (let n = 0; n < 6; n += 1) lines.add(`a${n}`, by("n", `a${n}`));
  const gone = [1, 2, 3, 4].map((n) => lines.add(`b${n}`, by("m", "b")));
  assert.deepEqual(
    gone.map((each) => each?.[0]),
    ["a", "a", "a", "b"],
  );
  assert.equal(drain(lines).filter((each) => each.startsWith("b")).length, 3);
});
