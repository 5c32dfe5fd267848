import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const folder = new URL("../docs/decisions/", import.meta.url);
const read = (file: string) => readFileSync(new URL(file, folder), "utf8");

/** The line of the list that stands for a page. */
function lineOf(file: string): string {
  const page = read(file);
  const replacement = /^Replaced by \[(\d+)\]/m.exec(page)?.[1];
  const note = replacement === undefined ? "" : ` (replaced by ${replacement})`;
  return `- [${file.slice(0, 4)}](${file}) ${page.split("\n")[0]?.slice(2)}${note}`;
}

test("the list of decisions has every page, by its title, in the order of their numbers", () => {
  const pages = globSync("0*.md", { cwd: fileURLToPath(folder) }).sort();
  const listed = read("README.md")
    .split("\n")
    .filter((line) => line.startsWith("- ["));
  assert.deepEqual(listed, pages.map(lineOf));
});
