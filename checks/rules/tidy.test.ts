import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { readProject } from "./project.ts";
import { rules } from "./rules.ts";

const project = readProject(fileURLToPath(new URL("../..", import.meta.url)));

test("the rules have something to look at", () => {
  assert.ok(project.sources.length > 100, `${project.sources.length} files`);
  assert.ok(project.packages.length >= 5, `${project.packages.length} packages`);
});

for (const [promise, rule] of rules) {
  test(promise, () => assert.deepEqual(rule(project), []));
}
