import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), "utf8");
const readme = read("README.md");

test("the code in the package's README is that of the template, which is tested", () => {
  const snippets = [...readme.matchAll(/<!-- (\S+) -->\n```ts\n([\s\S]*?)```/g)];
  assert.equal(snippets.length, 3);
  for (const [, path = "", code] of snippets) assert.equal(code, read(path), path);
});

test("the package's README names each entry point", () => {
  const [, section = ""] = readme.split("## Entry points");
  const named = Array.from(section.matchAll(/^\| `([a-z]+)` \|/gm), ([, name]) => `./${name}`);
  assert.deepEqual(named.sort(), Object.keys(JSON.parse(read("package.json")).exports).sort());
});
