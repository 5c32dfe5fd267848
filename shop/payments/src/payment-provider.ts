import type { Money } from "@flotilla/contracts/money";
import type { PaymentMethod } from "@flotilla/contracts/payments";

/** Why a provider would not charge a card: the codes of the contract. */
export type DeclineReason = "payment_declined" | "insufficient_funds";

/** What is to be charged. `key` names the charge for ever: at the provider there is one charge for each key. */
export type ProviderCharge = {
  readonly key: string;
  readonly orderId: string;
  readonly amount: Money;
  readonly method: PaymentMethod;
};

/** What became of a charge. `called_off`: it was refunded before, so it isn't and won't be captured. */
export type ChargeOutcome =
  | { readonly status: "captured" }
  | { readonly status: "declined"; readonly reason: DeclineReason }
  | { readonly status: "called_off" };

/** Moves money. It is another system: it takes part in no transaction of ours, and its answers can be lost. */
export interface PaymentProvider {
  /**
   * Captures the amount, once for each key however often it is asked, and tells what became of it. Throws `unavailable` when
   * the outcome is unknown: ask again with the same key.
   */
  charge(charge: ProviderCharge): Promise<ChargeOutcome>;
  /**
   * Gives back what was captured by the charge with this key, once however often it is asked. When nothing was captured,
   * nothing ever will be: a charge with this key that comes later is called off. Throws `unavailable` when the outcome is
   * unknown: ask again.
   */
  refund(key: string): Promise<"refunded" | "nothing_captured">;
  /** Waits for what is under way. */
  close(): Promise<void>;
}
