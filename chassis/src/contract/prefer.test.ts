import assert from "node:assert/strict";
import { test } from "node:test";
import { preferredWait } from "./prefer.ts";

test("the time to wait is read from the header, at most thirty seconds", () => {
  assert.equal(preferredWait("wait=5"), 5_000);
  assert.equal(preferredWait("respond-async, wait=10"), 10_000);
  assert.equal(preferredWait('Wait = "7"; x=1'), 7_000);
  assert.equal(preferredWait("wait=999999"), 30_000);
});

test("other preferences and nonsense ask for no waiting", () => {
  for (const header of [undefined, "", "return=minimal", "wait=-1", "wait=soon", "await=5", "wait=0"]) {
    assert.equal(preferredWait(header), 0, `${header}`);
  }
});
