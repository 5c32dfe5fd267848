import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Cleanup } from "../../testing/file-cleanup.ts";
import { temporaryFolder } from "../../testing/temporary-folder.ts";
import { addService } from "./new-service.ts";
import { createSystem } from "./new-system.ts";

async function newSystem(t: Cleanup): Promise<string> {
  const folder = await temporaryFolder(t);
  createSystem(folder, "system");
  return join(folder, "system");
}

const filesIn = (folder: string) => readdirSync(folder, { recursive: true }).map(String).sort();
const listOf = (folder: string) => readFileSync(join(folder, "topology.ts"), "utf8");

test("a service is a folder, a contract, a test and one line of the list", async (t) => {
  const folder = await newSystem(t);
  const before = [filesIn(folder), listOf(folder)] as const;
  addService(folder, "reviews");
  assert.deepEqual(
    filesIn(folder).filter((path) => !before[0].includes(path)),
    [
      "contracts/reviews.ts",
      "reviews",
      "reviews/migrations",
      "reviews/migrations/0001_entry.sql",
      "reviews/service.test.ts",
      "reviews/service.ts",
    ],
  );
  const lines = listOf(folder).split("\n");
  const changed = lines.filter((line, at) => line !== before[1].split("\n")[at]);
  assert.deepEqual(changed, ['  services: ["gateway", "greetings", "journal", "reviews"],']);
  assert.doesNotMatch(readFileSync(join(folder, "contracts/reviews.ts"), "utf8"), /things/);
});

test("a list of many services gets a line for each", async (t) => {
  const folder = await newSystem(t);
  for (let number = 1; number < 12; number++) addService(folder, `service_${number}`);
  assert.match(listOf(folder), /^ {2}services: \[\n {4}"gateway",\n( {4}"\w+",\n)+ {4}"service_11",\n {2}\],$/m);
});

test("the shop's list is found from the repository's root", async (t) => {
  const folder = await temporaryFolder(t);
  mkdirSync(join(folder, "shop"));
  writeFileSync(
    join(folder, "shop/topology.ts"),
    'export const shop = defineTopology(import.meta.url, {\n  services: ["gateway"],\n});\n',
  );
  assert.match(
    addService(folder, "reviews").join("\n"),
    /shop\/reviews\/service\.ts[\s\S]*npm run tool -- deploy-files$/,
  );
  assert.ok(existsSync(join(folder, "shop/reviews/service.ts")));
});

test("outside of a system one line says where to go", async (t) => {
  const folder = await temporaryFolder(t);
  assert.throws(() => addService(folder, "reviews"), /^Error: There is no system here, [^\n]+$/);
});

const refused: [name: string, line: RegExp][] = [
  ["greetings", /^Error: There is a service named greetings already: choose another name$/],
  ["contracts", /^Error: There is a contracts here already: choose another name$/],
  ["kept", /^Error: There is a contracts\/kept\.ts here already: choose another name$/],
  ["Reviews", /^Error: Reviews can't be the name of a service: use [^\n]+$/],
  ["my-reviews", /^Error: my-reviews can't be the name of a service: use [^\n]+$/],
  ["../reviews", /^Error: \.\.\/reviews can't be the name of a service: use [^\n]+$/],
  ["r".repeat(32), /^Error: r+ can't be the name of a service: use [^\n]+$/],
  ["delete", /^Error: delete is a word of the code that a new service begins with: choose another name$/],
  ["contract", /^Error: contract is a word of the code that a new service begins with: choose another name$/],
];

for (const [name, line] of refused) {
  test(`${name} is refused as a service in one line, and nothing is written`, async (t) => {
    const folder = await newSystem(t);
    writeFileSync(join(folder, "contracts/kept.ts"), "");
    const before = [filesIn(folder), listOf(folder)];
    assert.throws(() => addService(folder, name), line);
    assert.deepEqual([filesIn(folder), listOf(folder)], before);
  });
}

test("a list that is written otherwise is left alone, and one line says what is missed", async (t) => {
  const folder = await newSystem(t);
  writeFileSync(join(folder, "topology.ts"), "export const system = make();\n");
  assert.throws(() => addService(folder, "reviews"), /^Error: topology\.ts has no line `services: [^\n]+$/);
  assert.equal(existsSync(join(folder, "reviews")), false);
});
