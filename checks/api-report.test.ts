import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { currentApi, reportFile, reportOf } from "./api-report.ts";

test("the chassis exports what was written down, with the same types", () => {
  const [written, now] = [readFileSync(reportFile, "utf8").split("\n"), currentApi().split("\n")];
  const gone = written.filter((line) => !now.includes(line)).map((line) => `- ${line}`);
  const come = now.filter((line) => !written.includes(line)).map((line) => `+ ${line}`);
  const hint = "`npm run tool -- chassis-api` writes it down; what breaks users belongs in CHANGELOG.md";
  assert.deepEqual(now, written, ["The interface of the chassis changed:", ...gone, ...come, hint].join("\n"));
});

const files = (changed: Record<string, string> = {}): Map<string, string> =>
  new Map(
    Object.entries({
      "contract.d.ts": `export { Type } from "typebox";\nexport { call, type Call } from "./contract/call.ts";\n`,
      "contract/call.d.ts": `import type { Body as Content } from "./body.ts";
type Route = string;
/** A call. */
export type Call = { route: Route; body: Content };
export declare function call(route: Route): Call;
export declare const unused: number;\n`,
      "contract/body.d.ts": `import type { TObject } from "typebox";\nexport type Body = TObject;\n`,
      ...changed,
    }),
  );

test("the report names each export of each entry point, and holds what is declared of it without comments", () => {
  assert.equal(
    reportOf(files()),
    `@flotilla/chassis/contract
  Call: contract/call
  Type: Type of typebox
  call: contract/call

contract/body Body
  type Body = TObject;

contract/call Call
  type Call = { route: Route; body: Content };

contract/call Route
  type Route = string;

contract/call call
  function call(route: Route): Call;

`,
  );
});

const planted: Record<string, Record<string, string>> = {
  "an export that is gone": { "contract.d.ts": `export { call } from "./contract/call.ts";\n` },
  "a type that an exported one names": { "contract/body.d.ts": "export type Body = string;\n" },
};

for (const [what, changed] of Object.entries(planted)) {
  test(`a planted break is seen: ${what}`, () => assert.notEqual(reportOf(files(changed)), reportOf(files())));
}

test("what is exported for the chassis alone is no promise", () => {
  const { "contract/call.d.ts": call = "" } = Object.fromEntries(files());
  const changed = { "contract/call.d.ts": call.replace("unused: number", "unused: string") };
  assert.equal(reportOf(files(changed)), reportOf(files()));
});
