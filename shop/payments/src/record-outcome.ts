import type { Transaction } from "@flotilla/chassis/database";
import type { Publish } from "@flotilla/chassis/messaging";
import { paymentCaptured, paymentDeclinedEvent, paymentRefunded } from "@flotilla/contracts/payments";
import type { Payment } from "./payment.ts";
import type { ChargeOutcome } from "./payment-provider.ts";
import { changeStatus } from "./payment-store.ts";

/**
 * Records what the provider said of a pending payment, with its event. When the payment was decided before, nothing changes and
 * the result is undefined.
 */
export async function recordCharge(
  tx: Transaction,
  publish: Publish,
  orderId: string,
  outcome: Exclude<ChargeOutcome, { status: "called_off" }>,
): Promise<Payment | undefined> {
  if (outcome.status === "captured") {
    const captured = await changeStatus(tx, { orderId, from: "pending", to: "captured" });
    if (captured) await publish(tx, paymentCaptured, factsOf(captured));
    return captured;
  }
  const { reason } = outcome;
  const declined = await changeStatus(tx, { orderId, from: "pending", to: "declined", reason });
  if (declined) await publish(tx, paymentDeclinedEvent, { ...factsOf(declined), reason });
  return declined;
}

/** Records that the provider gave the money back: it had been captured, whether or not anybody knew. */
export async function recordRefund(tx: Transaction, publish: Publish, orderId: string): Promise<void> {
  await recordCharge(tx, publish, orderId, { status: "captured" });
  const refunded = await changeStatus(tx, { orderId, from: "captured", to: "refunded" });
  if (refunded) await publish(tx, paymentRefunded, factsOf(refunded));
}

function factsOf({ orderId, intent }: Payment) {
  if (intent === null) throw new Error(`nothing was ever asked of the payment of ${orderId}`);
  return { orderId, userId: intent.userId, amount: intent.amount };
}
