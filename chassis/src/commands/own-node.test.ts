import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { ownNode } from "./own-node.ts";

test("services run on the Node.js that was installed with the chassis", () => {
  assert.match(execFileSync(ownNode(), ["--version"], { encoding: "utf8" }), /^v26\./);
});
