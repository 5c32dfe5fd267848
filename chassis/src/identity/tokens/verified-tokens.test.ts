import assert from "node:assert/strict";
import { test } from "node:test";
import { verifiedTokens } from "./verified-tokens.ts";

const caller = { kind: "service", name: "orders" } as const;

test("a token is remembered from its beginning to its end", () => {
  const tokens = verifiedTokens(2);
  tokens.keep("a", { caller, from: 10, until: 20 });
  assert.equal(tokens.find("a", 19.9), caller);
  assert.equal(tokens.find("a", 20), undefined);
  assert.equal(tokens.find("a", 15), undefined);
});

test("the oldest make room", () => {
  const tokens = verifiedTokens(2);
  for (const token of ["a", "b", "c"]) tokens.keep(token, { caller, from: 0, until: 20 });
  assert.deepEqual(
    ["a", "b", "c"].map((token) => tokens.find(token, 1) !== undefined),
    [false, true, true],
  );
});
