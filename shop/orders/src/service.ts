import { createReplaceResult, type Database, groupTransactions, readTogether } from "@flotilla/chassis/database";
import { on } from "@flotilla/chassis/messaging";
import type { StartSaga } from "@flotilla/chassis/saga";
import { defineService } from "@flotilla/chassis/service";
import { releaseStock, reserveStock, sellStock } from "@flotilla/contracts/inventory";
import { ORDER_DAYS } from "@flotilla/contracts/order-days";
import { orders } from "@flotilla/contracts/orders";
import { chargePayment, refundPayment } from "@flotilla/contracts/payments";
import { summariseProducts } from "@flotilla/contracts/products";
import { userDeleted } from "@flotilla/contracts/users";
import { Type } from "typebox";
import { calls } from "./calls.ts";
import { cancelOrder } from "./cancel-order.saga.ts";
import { orderConclusions } from "./conclude-order.ts";
import { findProducts } from "./find-products.ts";
import { fulfilOrder } from "./fulfil-order.saga.ts";
import { readOrders } from "./order-store.ts";
import { createOrderWatch } from "./order-watch.ts";
import { placeOrder } from "./place-order.ts";
import { requestCancellation } from "./request-cancellation.ts";

export const service = defineService(orders, {
  config: Type.Object({ ORDER_DAYS }),
  consumes: [userDeleted],
  calls: {
    inventory: { reserveStock, sellStock, releaseStock },
    payments: { chargePayment, refundPayment },
    products: { summariseProducts },
  },
  wire({ config, database, publish, erase, startSaga, clients, clock }) {
    const watch = createOrderWatch(readTogether({ read: (ids: readonly string[]) => readOrders(database, ids) }));
    const use = useCases({ database, publish, startSaga, clock, changed: watch.changed, ...clients });
    return {
      answers: calls({ database, replaceResult: createReplaceResult(database), watch, ...use }),
      sagas: Object.values(use.sagas),
      consumes: [on(userDeleted, ({ userId }, tx) => erase(tx, userId))],
      erases: [
        {
          ...{ table: "orders", key: "id", set: "user_name = '[erased]'" },
          where: "user_id = $1 and user_name <> '[erased]'",
        },
      ],
      retention: [
        { table: "orders", key: "id", since: "created_at", days: config.ORDER_DAYS, where: "status <> 'pending'" },
      ],
    };
  },
});

type Needs = Parameters<typeof orderConclusions>[0] & {
  database: Database;
  startSaga: StartSaga;
  inventory: Parameters<typeof fulfilOrder>[0]["inventory"];
  payments: Parameters<typeof fulfilOrder>[0]["payments"];
  products: Parameters<typeof findProducts>[0];
};

/** What is done with orders, and how they end. */
export function useCases({ database, publish, startSaga, clock, changed, inventory, payments, products }: Needs) {
  const conclusions = orderConclusions({ publish, clock, changed });
  const sagas = {
    fulfilOrder: fulfilOrder({ inventory, payments, ...conclusions }),
    cancelOrder: cancelOrder({ inventory, payments, ...conclusions }),
  };
  return {
    conclusions,
    sagas,
    placeOrder: placeOrder({
      transaction: groupTransactions(database),
      findProducts: findProducts(products),
      fulfilOrder: sagas.fulfilOrder,
      publish,
      startSaga,
      clock,
    }),
    requestCancellation: requestCancellation({ database, startSaga, ...sagas }),
  };
}
