import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../", import.meta.url));
const file = "./checks/supported-node.cjs";

function runOn(version: string) {
  const program = `Object.defineProperty(process.versions, "node", { value: "${version}" });
    require("${file}"); console.log("went on");`;
  return spawnSync(process.execPath, ["-e", program], { cwd: root, encoding: "utf8" });
}

test("a script on a Node.js that is too old ends with one line that says what to do", () => {
  const { status, stdout, stderr } = runOn("20.19.2");
  assert.deepEqual([status, stdout], [1, ""]);
  assert.match(stderr, /^Node.js 26 is needed, this is 20\.19\.2: npm ci installs it .*\n$/);
});

test("a script goes on where Node.js is new enough", () => {
  assert.equal(runOn("26.0.0").stdout, "went on\n");
  assert.equal(runOn("27.1.0").stdout, "went on\n");
});

test("every npm script that runs a program of ours looks first", () => {
  const { scripts } = JSON.parse(readFileSync(`${root}package.json`, "utf8")) as { scripts: Record<string, string> };
  for (const [name, script] of Object.entries(scripts))
    assert.doesNotMatch(script, /\bnode (?!-r \.\/checks\/supported-node\.cjs )/, name);
});
