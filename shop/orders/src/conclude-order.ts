import type { Transaction } from "@flotilla/chassis/database";
import type { Publish } from "@flotilla/chassis/messaging";
import type { Clock } from "@flotilla/chassis/service";
import {
  type Order,
  type OrderStatus,
  orderCancelled,
  orderConfirmed,
  orderRejected,
} from "@flotilla/contracts/orders";
import { factsOf, moveTo, type StoredOrder, viewOf } from "./order.ts";
import { lockOrder, updateOrder } from "./order-store.ts";

type Needs = { publish: Publish; clock: Clock; changed(order: Order): void };

/** The ways an order comes to its end, each inside the transaction of the saga's step that decides it. */
export function orderConclusions({ publish, clock, changed }: Needs) {
  async function move(tx: Transaction, orderId: string, status: OrderStatus, reason?: string): Promise<StoredOrder> {
    const order = await lockOrder(tx, orderId);
    const moved = order && moveTo(order, status, clock.now(), reason);
    if (!moved) throw new Error(`order ${orderId} is ${order?.status ?? "missing"} and can't become ${status}`);
    await updateOrder(tx, moved);
    tx.afterCommit(() => changed(viewOf(moved)));
    return moved;
  }

  return {
    async confirm(tx: Transaction, orderId: string): Promise<void> {
      await publish(tx, orderConfirmed, factsOf(await move(tx, orderId, "confirmed")));
    },
    async reject(tx: Transaction, orderId: string, reason: string): Promise<void> {
      await publish(tx, orderRejected, { ...factsOf(await move(tx, orderId, "rejected", reason)), reason });
    },
    async recordCancellation(tx: Transaction, orderId: string): Promise<void> {
      await publish(tx, orderCancelled, factsOf(await move(tx, orderId, "cancelled")));
    },
  };
}
