import assert from "node:assert/strict";
import { existsSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryFolder } from "../../testing/temporary-folder.ts";
import { makeFolder } from "./make-folder.ts";

test("a folder is made with those above it, for us alone; one that is there stays", async (t) => {
  const folder = join(await temporaryFolder(t), "a", "b");
  makeFolder(folder);
  makeFolder(folder);
  assert.equal(statSync(folder).mode & 0o777, 0o700);
});

test("a file in the way is an error", async (t) => {
  const file = join(await temporaryFolder(t), "file");
  writeFileSync(file, "");
  assert.throws(() => makeFolder(file), { code: "EEXIST" });
  assert.throws(() => makeFolder(join(file, "below")), { code: "ENOTDIR" });
});

test("where no folder can be made it ends with an error", { skip: !existsSync("/proc/self") && "needs /proc" }, () => {
  assert.throws(() => makeFolder("/proc/nowhere/data"), { code: "ENOENT" });
});
