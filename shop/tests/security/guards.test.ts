import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";

/** A guard, what takes its place when it is taken away, and the test that has to notice. */
type Guard = Record<"row" | "guard" | "file" | "find" | "replace" | "test" | "title", string>;

const root = fileURLToPath(new URL("../../../", import.meta.url));
/** GUARDS=B-8 takes away these only. */
const { GUARDS = "" } = process.env;
const guards = readGuards(readFileSync(`${root}docs/reference/guards.md`, "utf8"));

function readGuards(document: string): Guard[] {
  const rows = document.split("\n").filter((line) => /^\| (?!row \|)/.test(line));
  return rows.map((line) => {
    const [row, guard, file, without = "", seenBy = ""] = line.slice(2, -2).split(" | ") as [string, string, string];
    const [, find, replace] = /^`(.+)` → `(.*)`$/.exec(without) ?? [];
    const [, test, title] = /^(\S+\.test\.ts): ?(.*)$/.exec(seenBy) ?? [];
    assert.ok(find !== undefined && replace !== undefined && test !== undefined && title !== undefined, line);
    return { row, guard, file, find: plain(find), replace: plain(replace), test, title };
  });
}

function plain(text: string): string {
  return text.replaceAll("\\|", "|").replaceAll("⏎", "\n");
}

const options = [
  "--import",
  `${root}shop/tests/security/plant.ts`,
  "--test-reporter=tap",
  "--test-timeout=20000",
].concat(
  // Whoever waits in vain for a guard that is gone would never end.
  "--test-force-exit",
);

type Run = { readonly code: number; readonly output: string };

function runWithout({ file, find, replace, test, title }: Guard): Promise<Run> {
  const { promise, resolve } = Promise.withResolvers<Run>();
  const { NODE_TEST_CONTEXT: _, ...environment } = process.env;
  const pattern = title.replaceAll(/[.*+?^${}()|[\]\\/]/g, "\\$&");
  execFile(
    process.execPath,
    [...options, `--test-name-pattern=${pattern}`, test],
    {
      cwd: root,
      env: { ...environment, PLANTED: JSON.stringify({ file, find, replace }) },
      maxBuffer: 2 ** 26,
      timeout: 100_000,
    },
    (error, stdout, stderr) => resolve({ code: error ? 1 : 0, output: stdout + stderr }),
  );
  return promise;
}

test("every row of the table of bad input and security has a guard here", () => {
  const rows = new Set(guards.map(({ row }) => row));
  const wanted = ["B-1", "B-2", "B-3", "B-4", "B-5", "B-6/7", "B-8", "B-9", "B-10", "API1", "API2", "API3", "API5"];
  for (const row of [...wanted, "headers", "refresh", "limits", "errors, logs", "rights"])
    assert.ok(rows.has(row), row);
});

describe("without its guard a test fails", { concurrency: 2 }, () => {
  for (const guard of guards.filter(({ row }) => row.startsWith(GUARDS))) {
    test(`${guard.row}: ${guard.guard}`, async () => {
      const { code, output } = await runWithout(guard);
      assert.match(output, new RegExp(`planted in ${guard.file}`), output.slice(-2_000));
      assert.doesNotMatch(output, /SyntaxError|ERR_INVALID_TYPESCRIPT|ERR_MODULE_NOT_FOUND|test timed out/);
      assert.ok(code !== 0 && /^ *not ok /m.test(output), `nobody noticed: ${output.slice(-2_000)}`);
    });
  }
});
