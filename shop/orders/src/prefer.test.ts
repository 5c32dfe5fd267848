import assert from "node:assert/strict";
import { test } from "node:test";
import { preferredWait } from "./prefer.ts";

test("the seconds to wait are read from the header, at most thirty", () => {
  assert.equal(preferredWait("wait=5"), 5);
  assert.equal(preferredWait("respond-async, wait=10"), 10);
  assert.equal(preferredWait('Wait = "7"; x=1'), 7);
  assert.equal(preferredWait("wait=999999"), 30);
});

test("other preferences and nonsense ask for no waiting", () => {
  for (const header of [undefined, "", "return=minimal", "wait=-1", "wait=soon", "await=5"]) {
    assert.equal(preferredWait(header), undefined, `${header}`);
  }
});
