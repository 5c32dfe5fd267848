import assert from "node:assert/strict";
import { test } from "node:test";
import { composed } from "./composed.ts";

test("texts take their composed form, wherever they are; everything else stays", () => {
  const decomposed = "Zoe\u0308";
  const value = { a: decomposed, list: [decomposed, 1, null, true], inner: { b: "\u0958" } };
  assert.deepEqual(composed(value), { a: "Zo\u00eb", list: ["Zo\u00eb", 1, null, true], inner: { b: "\u0915\u093c" } });
  assert.equal(composed(decomposed), "Zo\u00eb");
  assert.equal(composed(null), null);
});
