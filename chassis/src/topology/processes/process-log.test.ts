import assert from "node:assert/strict";
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryFolder } from "../../testing/temporary-folder.ts";
import { boundLog, lastWords, openProcessLog } from "./process-log.ts";

const logIn = async (t: Parameters<typeof temporaryFolder>[0]) => join(await temporaryFolder(t), "orders-1.log");

test("a log goes on where it ended", async (t) => {
  const path = await logIn(t);
  for (const line of ["first\n", "second\n"]) {
    const log = await openProcessLog(path);
    await log.write(line);
    await log.close();
  }
  assert.equal(await readFile(path, "utf8"), "first\nsecond\n");
});

test("a log that grows large while its process runs is put aside, and the process writes on in it", async (t) => {
  const path = await logIn(t);
  const log = await openProcessLog(path);
  const megabyte = `${"x".repeat(999_999)}\n`;
  for (let round = 1; round <= 3; round++) {
    for (let written = 0; written < 11; written++) await log.write(megabyte);
    boundLog(path);
    assert.equal((await stat(path)).size, 0);
    await log.write(`after ${round}\n`);
    boundLog(path);
    assert.equal(await readFile(path, "utf8"), `after ${round}\n`);
  }
  const aside = await readFile(`${path}.1`, "utf8");
  assert.ok(aside.startsWith("after 2\n"));
  assert.equal(aside.length, 11_000_008);
  await log.close();
});

test("a log that is not there yet is left alone", async (t) => {
  boundLog(await logIn(t));
});

test("the last words of a crash are what was not caught, and where", async (t) => {
  const path = await logIn(t);
  const before = "Error: of an earlier process\n";
  const crash = [
    '{"level":"info","msg":"ready"}',
    "file:///shop/main.ts:3",
    "    throw new Error('no such port');",
    "          ^",
    "",
    "Error: no such port",
    "    at listen (net.js:1)",
    "    at main.ts:3 {",
    "}",
    "",
    "Node.js v26.0.0",
    '{"level":"info","msg":"another"}',
    "",
  ];
  await writeFile(path, before + crash.join("\n"));
  assert.deepEqual(await lastWords(path, before.length, 3), [
    "file:///shop/main.ts:3",
    "    throw new Error('no such port');",
    "Error: no such port",
  ]);
  assert.deepEqual(await lastWords(path, before.length + crash.join("\n").length, 3), []);
});

test("of a process that only logged, the last words are its warnings and errors", async (t) => {
  const path = await logIn(t);
  const lines = [
    { level: "warn", msg: "waits for the database", err: { message: "ECONNREFUSED" } },
    { level: "info", msg: "ready" },
  ];
  await writeFile(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  assert.deepEqual(await lastWords(path, 0, 3), ["waits for the database: ECONNREFUSED"]);
});
