import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { readStartSettings } from "../chassis/src/commands/start/start-settings.ts";
import { shopStart } from "../shop/commands/start/shop-start.ts";
import { shop } from "../shop/topology.ts";

const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");

/** The cells of the first column of the table below `heading`. */
function firstColumn(page: string, heading: string): string[] {
  const [section = ""] = page.slice(page.indexOf(heading) + heading.length).split("\n## ");
  const rows = section.split("\n").filter((line) => line.startsWith("| "));
  return rows.slice(1).map((row) => (row.split("|")[1] ?? "").replaceAll("`", "").trim());
}

test("the README's table of services is the shop's topology", () => {
  const services = [...shop.services];
  assert.deepEqual(firstColumn(readme, "## The services").toSorted(), services.toSorted());
});

test("the README's table of settings is what npm start reads", () => {
  const named = firstColumn(readme, "## Settings of `npm start`");
  assert.deepEqual(named.toSorted(), readStartSettings(shop, {}, shopStart.settings).names.toSorted());
});
