import type { Database } from "@flotilla/chassis/database";
import { internalError } from "@flotilla/chassis/failure";
import type { Publish } from "@flotilla/chassis/messaging";
import type { Payment } from "./payment.ts";
import type { PaymentProvider } from "./payment-provider.ts";
import { addTombstone, changeStatus, knownPayment } from "./payment-store.ts";
import { recordRefund } from "./record-outcome.ts";

type Needs = { database: Database; publish: Publish; provider: PaymentProvider };

/**
 * Gives back what an order paid, whether or not anybody knows that it did; afterwards it can't be charged any more. An order that
 * was never charged gets a tombstone. Of a charge under way at the same time, the provider decides which came first: what it had
 * captured it gives back, what comes later it refuses. Throws `unavailable` when the outcome is unknown.
 */
export const refundPayment =
  ({ database, publish, provider }: Needs) =>
  async (orderId: string): Promise<Payment> => {
    const payment = await addTombstone(database, orderId);
    if (payment.status !== "pending" && payment.status !== "captured") return payment;
    const outcome = await provider.refund(payment.intent.providerKey);
    await database.transaction(async (tx) => {
      if (outcome === "refunded") await recordRefund(tx, publish, orderId);
      else await changeStatus(tx, { orderId, from: "pending", to: "voided" });
    });
    const refunded = await knownPayment(database, orderId);
    if (refunded.status !== "captured") return refunded;
    throw internalError.failure({
      cause: new Error(`the provider knows nothing of the captured payment of ${orderId}`),
    });
  };
