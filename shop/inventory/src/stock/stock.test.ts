import assert from "node:assert/strict";
import { test } from "node:test";
import { stockLimitReached } from "@flotilla/contracts/inventory";
import { addPieces, assertRoomFor, mergeLines, moveLines, openShelf, sameLines } from "./stock.ts";

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

test("a shelf serves one order after the other: whoever finds too little takes nothing, and the others don't notice", () => {
  const stock = { reserved: 0, sold: 0, version: 4, withdrawn: false };
  const shelf = openShelf<{ order: string }>([
    { ...stock, productId: "a", available: 3 },
    { ...stock, productId: "b", available: 0 },
  ]);
  const take = (quantities: Record<string, number>, order: string) => {
    const lines = Object.entries(quantities).map(([productId, quantity]) => ({ productId, quantity }));
    return shelf.move(moveLines(lines, "available", "reserved"), { order });
  };
  assert.deepEqual(take({ a: 2 }, "first"), [{ productId: "a", available: 1, reserved: 2, sold: 0, version: 5 }]);
  assert.equal(take({ a: 2 }, "too much"), undefined);
  assert.equal(take({ a: 1, b: 1 }, "half of it is missing"), undefined);
  assert.equal(take({ c: 1 }, "unheard of"), undefined);
  assert.deepEqual(take({ a: 1 }, "last"), [{ productId: "a", available: 0, reserved: 3, sold: 0, version: 5 }]);
  const { levels, journal } = shelf.changes();
  assert.deepEqual(levels, [{ productId: "a", available: 0, reserved: 3, sold: 0, version: 5 }]);
  assert.deepEqual(
    journal.map(({ order, reserved, version, line }) => [order, reserved, version, line]),
    [
      ["first", 2, 5, 0],
      ["last", 1, 5, 1],
    ],
  );
});

test("what would become available of a withdrawn product leaves the shelf", () => {
  const shelf = openShelf([{ productId: "a", available: 0, reserved: 2, sold: 0, version: 1, withdrawn: true }]);
  const back = moveLines([{ productId: "a", quantity: 2 }], "reserved", "available");
  assert.deepEqual(shelf.move(back, {}), [{ productId: "a", available: 0, reserved: 0, sold: 0, version: 2 }]);
});

test("pieces that come in are available", () => {
  assert.deepEqual(addPieces("a", 7), { productId: "a", available: 7, reserved: 0, sold: 0 });
});

test("a product has no room for more than two billion pieces, wherever they are", () => {
  const level = { productId: "a", available: 1_000_000_000, reserved: 400_000_000, sold: 599_999_990, version: 1 };
  assert.doesNotThrow(() => assertRoomFor(level, 10));
  assert.throws(() => assertRoomFor(level, 11), stockLimitReached.is);
});
