import { internalError } from "@flotilla/chassis/failure";
import { euros, type Money } from "@flotilla/contracts/money";
import {
  insufficientFunds,
  type PaymentMethod,
  type Payment as PaymentReply,
  paymentDeclined,
  paymentMismatch,
  paymentVoided,
} from "@flotilla/contracts/payments";
import type { DeclineReason } from "./payment-provider.ts";

/** What an order asks to be charged. */
export type ChargeRequest = {
  readonly orderId: string;
  readonly userId: string;
  readonly amount: Money;
  readonly method: PaymentMethod;
};

/** What was asked at first, and the key the provider knows it by. */
export type Intent = Omit<ChargeRequest, "orderId"> & { readonly providerKey: string };

/**
 * The payment of an order. `pending`: the provider may or may not have captured it. `voided`: nothing was captured and nothing
 * will be; without an intent it is a tombstone, left by a refund that came before the charge.
 */
export type Payment = { readonly orderId: string } & (
  | { readonly status: "pending" | "captured" | "refunded"; readonly intent: Intent }
  | { readonly status: "declined"; readonly intent: Intent; readonly reason: DeclineReason }
  | { readonly status: "voided"; readonly intent: Intent | null }
);

const declines = { payment_declined: paymentDeclined, insufficient_funds: insufficientFunds };

/** Throws when a charge that is asked for again is another one than at first. */
export function assertSameCharge({ intent }: Payment, asked: ChargeRequest): void {
  if (intent === null) return;
  const same =
    intent.userId === asked.userId &&
    intent.amount.amount === asked.amount.amount &&
    intent.amount.currency === asked.amount.currency &&
    intent.method === asked.method;
  if (!same) throw paymentMismatch.failure();
}

/** A charge's answer once the payment is decided: the captured payment, or the refusal that stands for what became of it. */
export function chargeAnswer(payment: Payment): Payment {
  switch (payment.status) {
    case "captured":
      return payment;
    case "declined":
      throw declines[payment.reason].failure();
    case "refunded":
    case "voided":
      throw paymentVoided.failure();
    case "pending":
      throw internalError.failure({ cause: new Error(`the payment of ${payment.orderId} is not decided`) });
  }
}

/** What customers see of a payment. What was refunded had been captured. */
export function asReply({ orderId, status, intent }: Payment): PaymentReply {
  const amount = intent?.amount ?? euros(0);
  const captured = status === "captured" || status === "refunded";
  return {
    orderId,
    status,
    captured: captured ? amount : euros(0),
    refunded: status === "refunded" ? amount : euros(0),
  };
}
