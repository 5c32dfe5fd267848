import { call, contract, event, Fields, Id, OneOf } from "@flotilla/chassis/contract";
import { notFound, refusal } from "@flotilla/chassis/failure";
import { type Static, Type } from "typebox";
import { Money } from "./money.ts";

export const paymentDeclined = refusal("payment_declined", 402, "The card was declined");
export const insufficientFunds = refusal("insufficient_funds", 402, "There is not enough money on the card");
export const paymentVoided = refusal("payment_voided", 409, "The payment was called off before it was made");
export const paymentMismatch = refusal("payment_mismatch", 409, "The order has a payment of another amount or method");

/** The simulated provider's test cards. */
export const PaymentMethod = OneOf(
  "pm_card_visa",
  "pm_card_declined",
  "pm_card_insufficient_funds",
  "pm_card_slow",
  "pm_card_flaky",
  "pm_card_lost_answer",
);
export type PaymentMethod = Static<typeof PaymentMethod>;

export const Payment = Fields({
  orderId: Id,
  status: OneOf("pending", "captured", "declined", "refunded", "voided"),
  captured: Money,
  refunded: Money,
});
export type Payment = Static<typeof Payment>;

export const getPayment = call("GET /payments/{orderId}", {
  summary: "The payment of an order",
  access: "customer",
  replies: { 200: Payment },
  refuses: [notFound],
});

/** A repeat is the same charge; one that was refunded (even before it was made) is refused. */
export const chargePayment = call("PUT /payments/{orderId}", {
  summary: "Charge an order",
  access: "internal",
  idempotencyKey: "required",
  body: Fields({ userId: Id, amount: Money, method: PaymentMethod }),
  replies: { 200: Payment },
  refuses: [paymentDeclined, insufficientFunds, paymentVoided, paymentMismatch],
  // It waits for the provider, who takes seconds for some cards.
  slowAfter: 5_000,
});

/** Gives back what was captured, whether or not anybody knows that it was. Leaves a tombstone for a late `chargePayment`. */
export const refundPayment = call("PUT /payments/{orderId}/refund", {
  summary: "Refund an order",
  access: "internal",
  replies: { 200: Payment },
  slowAfter: 5_000,
});

const PaymentFacts = Fields({ orderId: Id, userId: Id, amount: Money });

export const paymentCaptured = event("payment.captured", { key: "orderId", body: PaymentFacts });
export const paymentRefunded = event("payment.refunded", { key: "orderId", body: PaymentFacts });
export const paymentDeclinedEvent = event("payment.declined", {
  key: "orderId",
  body: Fields({ ...PaymentFacts.properties, reason: Type.String() }),
});

export const payments = contract("payments", {
  calls: { getPayment, chargePayment, refundPayment },
  events: { paymentCaptured, paymentDeclinedEvent, paymentRefunded },
});
