import assert from "node:assert/strict";
import { test } from "node:test";
import { reservationMismatch, reservationMissing, reservationReleased } from "@flotilla/contracts/inventory";
import { expire, type Reservation, release, reserve, reserveAgain, sell } from "./reservation.ts";

const lines = [{ productId: "mug", quantity: 2 }];
const inState = (state: Reservation["state"]): Reservation => ({ orderId: "order", state, lines });
const movement = (available: number, reserved: number, sold: number) => [
  { productId: "mug", available, reserved, sold },
];

test("a reservation takes pieces from what is available", () => {
  assert.deepEqual(reserve(lines), { state: "reserved", movements: movement(-2, 2, 0) });
});

test("the same reservation again moves nothing, also after the sale", () => {
  assert.deepEqual(reserveAgain(inState("reserved"), lines), { state: "reserved", movements: [] });
  assert.deepEqual(reserveAgain(inState("sold"), lines), { state: "sold", movements: [] });
});

test("an expired reservation is made again", () => {
  assert.deepEqual(reserveAgain(inState("expired"), lines), reserve(lines));
});

test("a reservation of other pieces, or of a released order, is refused", () => {
  const others = [{ productId: "mug", quantity: 3 }];
  assert.throws(() => reserveAgain(inState("reserved"), others), reservationMismatch.is);
  assert.throws(() => reserveAgain(inState("released"), lines), reservationReleased.is);
});

test("a sale takes the reserved pieces, or available ones when the reservation expired", () => {
  assert.deepEqual(sell(inState("reserved")), { state: "sold", movements: movement(0, -2, 2) });
  assert.deepEqual(sell(inState("expired")), { state: "sold", movements: movement(-2, 0, 2) });
  assert.deepEqual(sell(inState("sold")), { state: "sold", movements: [] });
});

test("a sale without a reservation, or after its release, is refused", () => {
  assert.throws(() => sell(undefined), reservationMissing.is);
  assert.throws(() => sell(inState("released")), reservationReleased.is);
});

test("a release gives back what is held, once", () => {
  assert.deepEqual(release(inState("reserved")).movements, movement(2, -2, 0));
  assert.deepEqual(release(inState("sold")).movements, movement(2, 0, -2));
  assert.deepEqual(release(inState("expired")).movements, []);
  assert.deepEqual(release(inState("released")).movements, []);
});

test("expiry gives back what is reserved", () => {
  assert.deepEqual(expire(inState("reserved")), { state: "expired", movements: movement(2, -2, 0) });
});
