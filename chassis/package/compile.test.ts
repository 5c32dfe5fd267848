import assert from "node:assert/strict";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryFolder } from "../src/testing/temporary-folder.ts";
import { copyAssets } from "./compile.ts";

test("what services read when they run goes with the compiled sources; sources and documents about them do not", async (t) => {
  const folder = await temporaryFolder(t);
  const source = join(folder, "src");
  mkdirSync(join(source, "part"), { recursive: true });
  for (const name of ["README.md", "part.ts", "0001_part.sql"]) writeFileSync(join(source, "part", name), "");
  copyAssets(source, join(folder, "dist"));
  assert.deepEqual(readdirSync(join(folder, "dist/part")), ["0001_part.sql"]);
});
