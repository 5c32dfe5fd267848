import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { root } from "../generated-files.ts";
import { ignoredBy } from "../tests/ignored.ts";

test("every file that the recipe of the images runs is there, and is sent to the build", () => {
  const ignored = ignoredBy(readFileSync(`${root}.dockerignore`, "utf8"));
  const run = Array.from(
    readFileSync(`${root}Dockerfile`, "utf8").matchAll(/"\/app\/([^"]+\.ts)"/g),
    ([, path = ""]) => path,
  );
  assert.ok(run.length >= 3);
  assert.deepEqual(
    run.filter((path) => !existsSync(`${root}${path}`) || ignored(path)),
    [],
  );
});
