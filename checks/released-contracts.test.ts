import assert from "node:assert/strict";
import { test } from "node:test";
import { breakingChanges } from "../chassis/src/contract/documents/breaking-changes.ts";
import { currentRelease, readRelease } from "./released-contracts.ts";

test("the contracts break nobody who relies on the last release", async () => {
  const changes = breakingChanges(await readRelease(), currentRelease());
  const hint = "what was never released may change: npm run tool -- release-contracts takes it as it is";
  assert.deepEqual(changes, [], `${changes.join("\n")}\n${hint}`);
});

test("a planted break is noticed", async () => {
  const now = currentRelease();
  delete now.events["order.confirmed"];
  assert.deepEqual(breakingChanges(await readRelease(), now), ["order.confirmed is gone"]);
});
