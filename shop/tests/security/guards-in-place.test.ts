import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { readGuards, root } from "./guards.ts";

const guards = readGuards();

test("every row of the table of bad input and security has a guard", () => {
  const rows = new Set(guards.map(({ row }) => row));
  const wanted = ["B-1", "B-2", "B-3", "B-4", "B-5", "B-6/7", "B-8", "B-9", "B-10", "API1", "API2", "API3", "API5"];
  for (const row of [...wanted, "B-11", "headers", "sessions", "refresh", "limits", "errors, logs", "rights"])
    assert.ok(rows.has(row), row);
});

test("each guard is where the table says, and so is the test that notices when it is gone", () => {
  for (const { row, guard, file, find, test } of guards) {
    assert.ok(readFileSync(root + file, "utf8").includes(find), `${row}, ${guard}: no ${find} in ${file}`);
    assert.match(readFileSync(root + test, "utf8"), /\b(?:test|it|brokerSuite)\(/, test);
  }
});
