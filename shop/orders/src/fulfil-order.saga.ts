import { Fields, Id, Sensitive } from "@flotilla/chassis/contract";
import type { Transaction } from "@flotilla/chassis/database";
import { saga } from "@flotilla/chassis/saga";
import type { Client } from "@flotilla/chassis/service";
import { type inventory, reserveStock, StockLine, sellStock } from "@flotilla/contracts/inventory";
import { Money } from "@flotilla/contracts/money";
import { chargePayment, PaymentMethod, type payments } from "@flotilla/contracts/payments";
import { type Static, Type } from "typebox";

const FulfilOrder = Fields({
  orderId: Id,
  userId: Id,
  lines: Type.Array(StockLine),
  amount: Money,
  method: Sensitive(PaymentMethod),
});
export type FulfilOrder = Static<typeof FulfilOrder>;

type Needs = {
  inventory: Pick<Client<typeof inventory>, "reserveStock" | "sellStock" | "releaseStock">;
  payments: Pick<Client<typeof payments>, "chargePayment" | "refundPayment">;
  confirm(tx: Transaction, orderId: string): Promise<void>;
  reject(tx: Transaction, orderId: string, reason: string): Promise<void>;
};

/** From a placed order to a confirmed one: stock and money, or neither. */
export const fulfilOrder = ({ inventory, payments, confirm, reject }: Needs) =>
  saga("fulfil order", FulfilOrder)
    .step("reserve stock", {
      do: async ({ orderId, lines }) => void (await inventory.reserveStock({ params: { orderId }, body: { lines } })),
      undo: ({ orderId }) => inventory.releaseStock({ params: { orderId } }),
      refuses: [reserveStock],
    })
    .step("charge payment", {
      do: async ({ orderId, userId, amount, method }, { key }) =>
        void (await payments.chargePayment({ params: { orderId }, key, body: { userId, amount, method } })),
      undo: ({ orderId }) => payments.refundPayment({ params: { orderId } }),
      refuses: [chargePayment],
    })
    .step("sell stock", {
      do: async ({ orderId }) => void (await inventory.sellStock({ params: { orderId } })),
      undo: ({ orderId }) => inventory.releaseStock({ params: { orderId } }),
      refuses: [sellStock],
    })
    .pivot("confirm order", { within: (tx, { orderId }) => confirm(tx, orderId) })
    .fails((tx, { orderId }, reason) => reject(tx, orderId, reason));
