import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { delimiter } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { bareNodeCommands, type Document, deadLinks, unknownCommands } from "./documents.ts";
import { readProject } from "./rules/project.ts";

const root = new URL("..", import.meta.url);
const project = readProject(fileURLToPath(root));
const documents: Document[] = [...project.files]
  .filter((path) => path.endsWith(".md"))
  .map((path) => ({ path, text: readFileSync(new URL(path, root), "utf8") }));

test("the README is there, and is read by these checks", () => {
  assert.ok(documents.some(({ path }) => path === "README.md"));
});

test("every link of every document leads somewhere", () => {
  assert.deepEqual(deadLinks(documents, project.files), []);
});

test("every npm command in a document is there", () => {
  const scripts = project.packages.find(({ folder }) => folder === "")?.manifest.scripts ?? {};
  assert.deepEqual(unknownCommands(documents, new Set(Object.keys(scripts))), []);
});

test("no document runs TypeScript on whatever Node.js the machine has", () => {
  const pages = [...project.files]
    .filter((path) => /\.(md|ya?ml|sql)$/.test(path))
    .map((path) => ({ path, text: readFileSync(new URL(path, root), "utf8") }));
  assert.deepEqual(bareNodeCommands(pages), []);
});

test("an installation says nothing about versions of Node.js, on whatever one it runs", () => {
  const PATH = process.env["PATH"]?.split(delimiter).filter((folder) => !folder.includes("node_modules"));
  const { stdout, stderr } = spawnSync("npm", ["ci", "--dry-run", "--offline"], {
    cwd: fileURLToPath(root),
    env: { PATH: PATH?.join(delimiter), HOME: process.env["HOME"] },
    encoding: "utf8",
    shell: process.platform === "win32",
  });
  assert.equal(stderr, "");
  assert.doesNotMatch(stdout, /warn/i);
});

test("a planted command that needs the machine's own Node.js is found", () => {
  const text = "`npm run tool`, `node --test a/b.test.ts`, `node deploy/generate.ts ~/x` and `node_modules/a.ts`";
  assert.deepEqual(bareNodeCommands([{ path: "README.md", text }]), [
    "README.md says node --test a/b.test.ts: name an npm script, which brings its Node.js",
    "README.md says node deploy/generate.ts: name an npm script, which brings its Node.js",
  ]);
});

test("planted dead links are found: a file, a folder, a heading", () => {
  const text = "# Some title!\n[a](shop/b.ts) [b](../x/) [c](#some-titel) [d](docs/e.md#one) ![f](<no.png> 'g')";
  const found = deadLinks(
    [
      { path: "README.md", text },
      { path: "docs/e.md", text: "## Two\n```\n# one\n```\n" },
    ],
    new Set(["README.md", "shop/a.ts", "docs/e.md"]),
  );
  assert.deepEqual(found, [
    "README.md links to shop/b.ts, which is not there",
    "README.md links to ../x/, which is not there",
    "README.md links to #some-titel, which has no such heading",
    "README.md links to docs/e.md#one, which has no such heading",
    "README.md links to no.png, which is not there",
  ]);
});

test("live links, links to other sites and code that looks like a link are left alone", () => {
  const text =
    "# Follow one order\n[a](#follow-one-order) [b](../shop/a.ts) [c](../shop/) [d](https://example.org/x) `[e](f)`";
  assert.deepEqual(deadLinks([{ path: "docs/a.md", text }], new Set(["docs/a.md", "shop/a.ts"])), []);
});

test("a planted command without a script is found", () => {
  const text = "`npm ci && npm start`, `npm run demo`, `npm run bnech -- start`, `npm test`";
  assert.deepEqual(unknownCommands([{ path: "README.md", text }], new Set(["start", "demo"])), [
    "README.md says npm run bnech, but there is no such script",
    "README.md says npm test, but there is no such script",
  ]);
});
