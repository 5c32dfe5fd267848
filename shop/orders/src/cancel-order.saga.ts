import { Fields, Id } from "@flotilla/chassis/contract";
import type { Transaction } from "@flotilla/chassis/database";
import { decidedSaga } from "@flotilla/chassis/saga";
import type { Client } from "@flotilla/chassis/service";
import type { inventory } from "@flotilla/contracts/inventory";
import type { payments } from "@flotilla/contracts/payments";
import type { Static } from "typebox";

const CancelOrder = Fields({ orderId: Id });
export type CancelOrder = Static<typeof CancelOrder>;

type Needs = {
  inventory: Pick<Client<typeof inventory>, "releaseStock">;
  payments: Pick<Client<typeof payments>, "refundPayment">;
  recordCancellation(tx: Transaction, orderId: string): Promise<void>;
};

/** From an accepted cancellation to a cancelled order: the money first, then the stock. */
export const cancelOrder = ({ inventory, payments, recordCancellation }: Needs) =>
  decidedSaga("cancel order", CancelOrder)
    .step("refund payment", {
      do: async ({ orderId }) => void (await payments.refundPayment({ params: { orderId } })),
    })
    .step("return stock", {
      do: async ({ orderId }) => void (await inventory.releaseStock({ params: { orderId } })),
    })
    .step("record cancellation", { within: (tx, { orderId }) => recordCancellation(tx, orderId) })
    .ends();
