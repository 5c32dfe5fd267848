import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { promisify } from "node:util";
import { descriptorLimit } from "./descriptor-limit.ts";

test("a process knows how many descriptors it may have", { skip: process.platform !== "linux" }, async () => {
  const script = `import { descriptorLimit } from ${JSON.stringify(new URL("./descriptor-limit.ts", import.meta.url).href)}; console.log(descriptorLimit());`;
  const command = `ulimit -n 300 && exec "$0" --input-type=module -e "$1"`;
  const { stdout } = await promisify(execFile)("sh", ["-c", command, process.execPath, script]);
  assert.equal(stdout.trim(), "300");
  assert.ok(descriptorLimit() > 0);
});
