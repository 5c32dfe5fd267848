import type { Database, GroupedTransaction } from "@flotilla/chassis/database";
import type { Publish } from "@flotilla/chassis/messaging";
import { paymentVoided } from "@flotilla/contracts/payments";
import { assertSameCharge, type ChargeRequest, chargeAnswer, type Payment } from "./payment.ts";
import type { PaymentProvider } from "./payment-provider.ts";
import { knownPayment, type NewIntent } from "./payment-store.ts";
import { recordCharge } from "./record-outcome.ts";

type Needs = {
  database: Database;
  transaction: GroupedTransaction;
  addIntent(intent: NewIntent): Promise<Payment>;
  publish: Publish;
  provider: PaymentProvider;
};

/**
 * Charges an order, once however often it is asked. The intent is written down before the provider is asked, so a refund always
 * knows which charge it has to call off; the provider is asked with the key of the first attempt, so it captures once. Throws
 * `unavailable` when the outcome is unknown.
 */
export const chargePayment =
  ({ database, transaction, addIntent, publish, provider }: Needs) =>
  async (charge: ChargeRequest, key: string): Promise<Payment> => {
    const { orderId, amount, method } = charge;
    const payment = await addIntent({ ...charge, providerKey: key });
    assertSameCharge(payment, charge);
    if (payment.status !== "pending") return chargeAnswer(payment);
    const outcome = await provider.charge({ key: payment.intent.providerKey, orderId, amount, method });
    // Only a refund calls a charge off, and it is the refund that records it.
    if (outcome.status === "called_off") throw paymentVoided.failure();
    const recorded = await transaction(orderId, (tx) => recordCharge(tx, publish, orderId, outcome));
    return chargeAnswer(recorded ?? (await knownPayment(database, orderId)));
  };
