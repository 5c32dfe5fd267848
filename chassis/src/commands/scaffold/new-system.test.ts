import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryFolder } from "../../testing/temporary-folder.ts";
import { runNew } from "./new.ts";
import { createSystem } from "./new-system.ts";

const read = (...path: string[]) => readFileSync(join(...path), "utf8");

test("a system is two services and a gateway, under its own name", async (t) => {
  const folder = await temporaryFolder(t);
  const next = createSystem(folder, "corner-shop");
  assert.match(next.join("\n"), /cd corner-shop\n.*npm install\n.*npm start/);
  const made = join(folder, "corner-shop");
  assert.match(read(made, "topology.ts"), /services: \["gateway", "greetings", "journal"\]/);
  assert.match(read(made, "gateway/service.ts"), /title: "corner-shop"/);
  assert.match(read(made, "README.md"), /^# corner-shop\n/);
  const { name, dependencies } = JSON.parse(read(made, "package.json"));
  const { version } = JSON.parse(read("chassis/package.json"));
  assert.deepEqual([name, dependencies["@flotilla/chassis"]], ["corner-shop", version]);
  assert.deepEqual([existsSync(join(made, ".gitignore")), existsSync(join(made, "_gitignore"))], [true, false]);
});

test("the template's compiler and types are the repository's", () => {
  const { devDependencies } = JSON.parse(read("package.json"));
  for (const [name, version] of Object.entries(
    JSON.parse(read("chassis/templates/system/package.json")).devDependencies,
  )) {
    assert.equal(version, devDependencies[name], name);
  }
});

for (const name of ["", "Shop", "my shop", "../shop", "-shop", "9", "shöp", "x".repeat(64)]) {
  test(`a system can't be named ${name || "nothing"}: one line says so, and nothing is written`, async (t) => {
    const folder = await temporaryFolder(t);
    assert.throws(() => createSystem(folder, name), /^Error: .* can't be the name of a system: use [^\n]+$/);
    assert.deepEqual(readdirSync(folder), []);
  });
}

test("a name that is taken stays as it is", async (t) => {
  const folder = await temporaryFolder(t);
  mkdirSync(join(folder, "shop"));
  assert.throws(() => createSystem(folder, "shop"), /^Error: There is a shop here already: choose another name$/);
  assert.deepEqual(readdirSync(join(folder, "shop")), []);
});

for (const words of [[], ["service"], ["a", "b"], ["service", "a", "b"]]) {
  test(`flotilla new ${words.join(" ")} says how it is used`, async (t) => {
    const folder = await temporaryFolder(t);
    assert.throws(() => runNew(words, folder), /^Error: Say what is new: [^\n]+$/);
  });
}
