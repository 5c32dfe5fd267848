import assert from "node:assert/strict";
import { stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { lastLines, openProcessLog } from "./process-log.ts";

test("a log goes on where it ended; one that has grown large is put aside", async (t) => {
  const path = join(await temporaryFolder(t), "orders-1.log");
  for (const line of ["first\n", "second\n"]) {
    const log = await openProcessLog(path);
    await log.write(line);
    await log.close();
  }
  assert.deepEqual(await lastLines(path, 5), ["first", "second"]);
  await truncate(path, 20_000_001);
  await (await openProcessLog(path)).close();
  assert.equal((await stat(path)).size, 0);
  assert.equal((await stat(`${path}.1`)).size, 20_000_001);
});

test("the last lines of a crash are those that say what happened", async (t) => {
  const path = join(await temporaryFolder(t), "orders-1.log");
  const crash = [
    "",
    "Error: no such port",
    "    at listen (net.js:1)",
    "    at main.ts:3 {",
    "}",
    "",
    "Node.js v26.0.0",
    "",
  ];
  await writeFile(path, ['{"msg":"ready"}', ...crash].join("\n"));
  assert.deepEqual(await lastLines(path, 3), ['{"msg":"ready"}', "Error: no such port"]);
});
