import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { test } from "node:test";
import { servicesOf } from "@flotilla/chassis/topology";
import { settingNames } from "../shop/start-settings.ts";
import { shop } from "../shop/topology.ts";

const root = new URL("../", import.meta.url);
const read = (path: string) => readFile(new URL(path, root), "utf8");

/** The pages that a person reads, from the root. */
async function pages(): Promise<string[]> {
  const entries = await readdir(root, { recursive: true });
  return entries.filter((path) => path.endsWith(".md") && !/node_modules|\.data/.test(path));
}

/** The cells of the first column of the table below `heading`. */
function firstColumn(page: string, heading: string): string[] {
  const [section = ""] = page.slice(page.indexOf(heading) + heading.length).split("\n## ");
  const rows = section.split("\n").filter((line) => line.startsWith("| "));
  return rows.slice(1).map((row) => (row.split("|")[1] ?? "").replaceAll("`", "").trim());
}

const headingId = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/[^\w\- ]/g, "")
    .replaceAll(" ", "-");

for (const path of await pages()) {
  test(`every link of ${path} leads somewhere`, async () => {
    const text = await read(path);
    for (const [, target = ""] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^https?:/.test(target)) continue;
      const [file, anchor] = target.split("#");
      const url = new URL(file || ".", new URL(path, root));
      assert.ok(existsSync(url), `${path} links to ${target}`);
      if (!anchor) continue;
      const headings = Array.from((await readFile(url, "utf8")).matchAll(/^#+ (.*)$/gm), ([, heading = ""]) => heading);
      assert.ok(headings.map(headingId).includes(anchor), `${path} links to ${target}`);
    }
  });

  test(`every npm command of ${path} exists`, async () => {
    const { scripts } = JSON.parse(await read("package.json"));
    for (const [, name = ""] of (await read(path)).matchAll(/npm run ([\w:-]+)/g)) assert.ok(name in scripts, name);
  });
}

test("the README's table of services is the shop's topology", async () => {
  const services = servicesOf(shop).map(({ name }) => name);
  assert.deepEqual(firstColumn(await read("README.md"), "## The services").toSorted(), services.toSorted());
});

test("the README's table of settings is what npm start reads", async () => {
  const named = firstColumn(await read("README.md"), "## Settings of `npm start`");
  assert.deepEqual(named.toSorted(), settingNames.toSorted());
});
