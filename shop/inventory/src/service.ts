import { groupTransactions } from "@flotilla/chassis/database";
import { defineService } from "@flotilla/chassis/service";
import { inventory } from "@flotilla/contracts/inventory";
import { daysBehindOrders } from "@flotilla/contracts/order-days";
import { getProduct, productCreated, productDeleted } from "@flotilla/contracts/products";
import { calls } from "./calls.ts";
import { config } from "./config.ts";
import { subscriptions } from "./events.ts";
import { expireReservation } from "./reservations/expire-reservation.saga.ts";
import { expireUnpaid } from "./reservations/expire-reservation.ts";
import { releaseStock } from "./reservations/release-stock.ts";
import { reserveStock } from "./reservations/reserve-stock.ts";
import { sellStock } from "./reservations/sell-stock.ts";
import { getStock } from "./stock/get-stock.ts";
import { moveStock } from "./stock/move-stock.ts";
import { restockProduct } from "./stock/restock-product.ts";
import { setStock } from "./stock/set-stock.ts";

/** The inventory: how many pieces of each product there are, and which orders hold them. */
export const service = defineService(inventory, {
  config,
  calls: { products: { getProduct } },
  consumes: [productCreated, productDeleted],
  wire({ config, database, publish, startSaga, clients }) {
    const move = moveStock(publish);
    const find = getStock({ database, catalogue: clients.products });
    const expiry = expireReservation({ expire: expireUnpaid({ move }) });
    const reservationNeeds = { startSaga, expireReservation: expiry, reservationSeconds: config.RESERVATION_SECONDS };
    const transaction = groupTransactions(database);
    const stockNeeds = { database, move, getStock: find };
    return {
      answers: calls({
        getStock: find,
        setStock: setStock(stockNeeds),
        restockProduct: restockProduct(stockNeeds),
        reserveStock: reserveStock({ transaction, move, ...reservationNeeds }),
        sellStock: sellStock({ transaction, move }),
        releaseStock: releaseStock({ transaction, move }),
      }),
      consumes: subscriptions(move),
      sagas: [expiry],
      retention: [
        {
          ...{ table: "reservation", key: "order_id", since: "created_at", where: "state <> 'reserved'" },
          days: daysBehindOrders(config.ORDER_DAYS),
        },
      ],
    };
  },
});
