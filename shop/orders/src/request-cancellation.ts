import { type Database, once, type Transaction } from "@flotilla/chassis/database";
import { notFound } from "@flotilla/chassis/failure";
import type { User } from "@flotilla/chassis/identity";
import type { Saga, StartSaga } from "@flotilla/chassis/saga";
import { type Order, orderNotCancellable } from "@flotilla/contracts/orders";
import type { CancelOrder } from "./cancel-order.saga.ts";
import { mayBeSeenBy, viewOf } from "./order.ts";
import { lockOrder } from "./order-store.ts";

type Needs = { database: Database; startSaga: StartSaga; cancelOrder: Saga<CancelOrder> };

/**
 * Accepts the cancellation of a confirmed order; the saga refunds and restocks. Asking again while that goes on changes nothing.
 * With a `key`, a repeat gets the first answer. Throws `not_found`, `order_not_cancellable`.
 */
export const requestCancellation =
  ({ database, startSaga, cancelOrder }: Needs) =>
  (user: User, orderId: string, key: string): Promise<Order> => {
    const accept = async (tx: Transaction): Promise<Order> => {
      const order = await lockOrder(tx, orderId);
      if (!order || !mayBeSeenBy(order, user)) throw notFound.failure();
      if (order.status !== "confirmed") throw orderNotCancellable.failure();
      await startSaga(tx, cancelOrder, { key: orderId, input: { orderId } });
      return viewOf(order);
    };
    const request = { scope: `cancel order ${user.id}`, key, request: { orderId } };
    return database.transaction((tx) => (key ? once(tx, request, () => accept(tx)) : accept(tx)));
  };
