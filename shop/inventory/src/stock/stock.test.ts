import assert from "node:assert/strict";
import { test } from "node:test";
import { stockLimitReached } from "@flotilla/contracts/inventory";
import { addPieces, assertRoomFor, mergeLines, moveLines, sameLines } from "./stock.ts";

test("lines of one product are merged, and products are sorted by id", () => {
  const lines = [
    { productId: "b", quantity: 2 },
    { productId: "a", quantity: 1 },
    { productId: "b", quantity: 3 },
  ];
  assert.deepEqual(mergeLines(lines), [
    { productId: "a", quantity: 1 },
    { productId: "b", quantity: 5 },
  ]);
});

test("merged lines are the same when products and quantities are", () => {
  const lines = [{ productId: "a", quantity: 1 }];
  assert.equal(sameLines(lines, [{ productId: "a", quantity: 1 }]), true);
  assert.equal(sameLines(lines, [{ productId: "a", quantity: 2 }]), false);
  assert.equal(sameLines(lines, [{ productId: "b", quantity: 1 }]), false);
  assert.equal(sameLines(lines, [...lines, { productId: "b", quantity: 1 }]), false);
});

test("moving lines takes from one place what it adds to the other", () => {
  assert.deepEqual(moveLines([{ productId: "a", quantity: 4 }], "available", "reserved"), [
    { productId: "a", available: -4, reserved: 4, sold: 0 },
  ]);
});

test("pieces that come in are available", () => {
  assert.deepEqual(addPieces("a", 7), { productId: "a", available: 7, reserved: 0, sold: 0 });
});

test("a product has no room for more than two billion pieces, wherever they are", () => {
  const level = { productId: "a", available: 1_000_000_000, reserved: 400_000_000, sold: 599_999_990, version: 1 };
  assert.doesNotThrow(() => assertRoomFor(level, 10));
  assert.throws(() => assertRoomFor(level, 11), stockLimitReached.is);
});
