import { groupTransactions } from "@flotilla/chassis/database/group-transactions";
import { createReplaceResult } from "@flotilla/chassis/database/idempotency";
import { readTogether } from "@flotilla/chassis/database/read-together";
import { defineService } from "@flotilla/chassis/service";
import { inventory } from "@flotilla/contracts/inventory";
import { orders } from "@flotilla/contracts/orders";
import { payments } from "@flotilla/contracts/payments";
import { products } from "@flotilla/contracts/products";
import { calls } from "./calls.ts";
import { cancelOrder } from "./cancel-order.saga.ts";
import { orderConclusions } from "./conclude-order.ts";
import { Config } from "./config.ts";
import { findProducts } from "./find-products.ts";
import { fulfilOrder } from "./fulfil-order.saga.ts";
import { readOrders } from "./order-store.ts";
import { createOrderWatch } from "./order-watch.ts";
import { placeOrder } from "./place-order.ts";
import { requestCancellation } from "./request-cancellation.ts";

export const service = defineService({
  contract: orders,
  config: Config,
  migrations: new URL("../migrations/", import.meta.url),

  wire({ database, publish, startSaga, client, clock }) {
    const watch = createOrderWatch(readTogether({ read: (ids: readonly string[]) => readOrders(database, ids) }));
    const conclusions = orderConclusions({ publish, clock, changed: watch.changed });
    const neighbours = { inventory: client(inventory), payments: client(payments), products: client(products) };
    const sagas = {
      fulfilOrder: fulfilOrder({ ...neighbours, ...conclusions }),
      cancelOrder: cancelOrder({ ...neighbours, ...conclusions }),
    };
    return {
      calls: calls({
        database,
        replaceResult: createReplaceResult(database),
        watch,
        placeOrder: placeOrder({
          transaction: groupTransactions(database),
          findProducts: findProducts(neighbours.products),
          fulfilOrder: sagas.fulfilOrder,
          publish,
          startSaga,
          clock,
        }),
        requestCancellation: requestCancellation({ database, startSaga, ...sagas }),
      }),
      sagas: [sagas.fulfilOrder, sagas.cancelOrder],
    };
  },
});
