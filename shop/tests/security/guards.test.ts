import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { describe, test } from "node:test";
import { type Guard, readGuards, root } from "./guards.ts";

/** GUARDS=B-8 takes away these only; TEST_THIRD=0, 1 or 2 every third of them, as CI does. */
const { GUARDS = "", TEST_THIRD } = process.env;
const guards = readGuards()
  .filter(({ row }) => row.startsWith(GUARDS))
  .filter((_guard, at) => TEST_THIRD === undefined || at % 3 === Number(TEST_THIRD));

const options = [
  ...["--import", `${root}shop/tests/security/plant.ts`],
  ...["--test-reporter=tap", "--test-timeout=60000"],
  // Whoever waits in vain for a guard that is gone would never end.
  "--test-force-exit",
];

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

describe("without its guard a test fails", { concurrency: 2 }, () => {
  for (const guard of guards) {
    test(`${guard.row}: ${guard.guard}`, async () => {
      const { code, output } = await runWithout(guard);
      assert.match(output, new RegExp(`planted in ${guard.file}`), output.slice(-2_000));
      assert.doesNotMatch(output, /SyntaxError|ERR_INVALID_TYPESCRIPT|ERR_MODULE_NOT_FOUND|test timed out/);
      assert.ok(code !== 0 && /^ *not ok /m.test(output), `nobody noticed: ${output.slice(-2_000)}`);
    });
  }
});
