import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { asyncApi } from "../chassis/src/contract/documents/asyncapi.ts";
import { contracts } from "../shop/tests/fixtures/contracts.ts";

/** What this test needs of the official parser. */
type Parsed = { document?: unknown; diagnostics: { severity: number; message: string; path: (string | number)[] }[] };
type ParserModule = { Parser: new () => { parse(document: object): Promise<Parsed> } };

const folder = new URL("./asyncapi/", import.meta.url);

/** Why the official parser can't be asked; undefined when it can. It is installed when it is missed for the first time. */
function parserMissing(): string | undefined {
  if (existsSync(new URL("node_modules/@asyncapi/parser/", folder))) return undefined;
  const args = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--workspaces=false"];
  const { status } = spawnSync("npm", args, { cwd: fileURLToPath(folder), stdio: "ignore", timeout: 60_000 });
  return status === 0 ? undefined : "the AsyncAPI parser can't be installed: npm ci in checks/asyncapi failed";
}

const ERROR = 0;

test("the shop's AsyncAPI document is valid for the official parser, and one with a fault is not", async (t) => {
  const missing = parserMissing();
  if (missing) return t.skip(missing);
  const { Parser } = createRequire(new URL("package.json", folder))("@asyncapi/parser") as ParserModule;
  const errorsOf = async (candidate: object) => {
    const { document, diagnostics } = await new Parser().parse(candidate);
    const errors = diagnostics.filter(({ severity }) => severity === ERROR);
    assert.equal(document !== undefined, errors.length === 0);
    return errors.map(({ path, message }) => `${path.join(".")}: ${message}`);
  };
  const document = asyncApi({ title: "Shop", version: "1.0.0", contracts }) as object;
  assert.deepEqual(await errorsOf(structuredClone(document)), []);
  assert.notDeepEqual(await errorsOf({ ...structuredClone(document), operations: { lend: { action: "shout" } } }), []);
});
