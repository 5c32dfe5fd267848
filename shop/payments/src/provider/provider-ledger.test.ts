import assert from "node:assert/strict";
import { test } from "node:test";
import { type Charge, decide, refund, sameRequest } from "./provider-ledger.ts";

const request = { reference: "order", amount: 700, currency: "EUR", method: "pm_card_visa" };
const open = (method: string): Charge => ({
  key: "key",
  status: "open",
  request: { ...request, method },
  declineCode: null,
  failures: 0,
});

test("each test card has its mood", () => {
  for (const method of ["pm_card_visa", "pm_card_slow", "pm_card_lost_answer"]) {
    assert.equal(decide(open(method)).status, "captured");
  }
  assert.equal(decide(open("pm_card_declined")).declineCode, "card_declined");
  assert.equal(decide(open("pm_card_insufficient_funds")).declineCode, "insufficient_funds");
  const twice = decide(decide(open("pm_card_flaky")));
  assert.deepEqual([twice.status, twice.failures], ["open", 2]);
  assert.equal(decide(twice).status, "captured");
});

test("a decided charge stays as it is", () => {
  for (const status of ["captured", "declined", "refunded", "voided"] as const) {
    const charge: Charge = { ...open("pm_card_visa"), status };
    assert.equal(decide(charge), charge);
  }
});

test("a refund gives back what was captured, and calls off what could still be", () => {
  assert.equal(refund(decide(open("pm_card_visa"))).status, "refunded");
  const calledOff = refund(decide(open("pm_card_flaky")));
  assert.equal(calledOff.status, "voided");
  assert.equal(decide(calledOff), calledOff);
  assert.equal(refund(decide(open("pm_card_declined"))).status, "declined");
});

test("a request is the same when all of it is", () => {
  assert.equal(sameRequest(open("pm_card_visa"), request), true);
  for (const other of [{ reference: "x" }, { amount: 1 }, { currency: "USD" }, { method: "pm_card_slow" }]) {
    assert.equal(sameRequest(open("pm_card_visa"), { ...request, ...other }), false);
  }
});
