import assert from "node:assert/strict";
import { test } from "node:test";
import { euros } from "@flotilla/contracts/money";
import { insufficientFunds, paymentDeclined, paymentMismatch, paymentVoided } from "@flotilla/contracts/payments";
import { asReply, assertSameCharge, chargeAnswer, type Payment } from "./payment.ts";

const asked = { orderId: "order", userId: "ann", amount: euros(500), method: "pm_card_visa" as const };
const intent = { userId: "ann", amount: euros(500), method: "pm_card_visa" as const, providerKey: "key" };
const captured: Payment = { orderId: "order", status: "captured", intent };
const tombstone: Payment = { orderId: "order", status: "voided", intent: null };

test("a charge that is asked for again must be the same one", () => {
  assert.doesNotThrow(() => assertSameCharge(captured, asked));
  assert.throws(() => assertSameCharge(captured, { ...asked, amount: euros(501) }), paymentMismatch.is);
  assert.throws(() => assertSameCharge(captured, { ...asked, method: "pm_card_slow" }), paymentMismatch.is);
  assert.throws(() => assertSameCharge(captured, { ...asked, userId: "bob" }), paymentMismatch.is);
  assert.doesNotThrow(() => assertSameCharge(tombstone, asked));
});

test("a decided payment always gives the same answer", () => {
  assert.equal(chargeAnswer(captured), captured);
  const declined = (reason: "payment_declined" | "insufficient_funds"): Payment => ({
    orderId: "order",
    status: "declined",
    intent,
    reason,
  });
  assert.throws(() => chargeAnswer(declined("payment_declined")), paymentDeclined.is);
  assert.throws(() => chargeAnswer(declined("insufficient_funds")), insufficientFunds.is);
  assert.throws(() => chargeAnswer({ orderId: "order", status: "refunded", intent }), paymentVoided.is);
  assert.throws(() => chargeAnswer(tombstone), paymentVoided.is);
});

test("what was refunded had been captured, and nothing else shows money", () => {
  const shown = (status: "pending" | "captured" | "refunded") => {
    const { captured, refunded } = asReply({ orderId: "order", status, intent });
    return [captured.amount, refunded.amount];
  };
  assert.deepEqual(shown("pending"), [0, 0]);
  assert.deepEqual(shown("captured"), [500, 0]);
  assert.deepEqual(shown("refunded"), [500, 500]);
  assert.deepEqual(asReply(tombstone), {
    orderId: "order",
    status: "voided",
    captured: euros(0),
    refunded: euros(0),
  });
});
