import { defineService } from "@flotilla/chassis/service";
import { worker } from "@flotilla/chassis/service/worker";
import { inventory } from "@flotilla/contracts/inventory";
import { products } from "@flotilla/contracts/products";
import { calls } from "./calls.ts";
import { config } from "./config.ts";
import { subscriptions } from "./events.ts";
import { expireReservations } from "./reservations/expire-reservations.ts";
import { releaseStock } from "./reservations/release-stock.ts";
import { reserveStock } from "./reservations/reserve-stock.ts";
import { sellStock } from "./reservations/sell-stock.ts";
import { getStock } from "./stock/get-stock.ts";
import { moveStock } from "./stock/move-stock.ts";
import { restockProduct } from "./stock/restock-product.ts";
import { setStock } from "./stock/set-stock.ts";

const EXPIRY_INTERVAL = 1_000;

/** The inventory: how many pieces of each product there are, and which orders hold them. */
export const service = defineService({
  contract: inventory,
  config,
  migrations: new URL("../migrations/", import.meta.url),
  wire({ config, database, publish, client }) {
    const move = moveStock(publish);
    const find = getStock({ database, catalogue: client(products) });
    const stockNeeds = { database, move, getStock: find };
    return {
      calls: calls({
        getStock: find,
        setStock: setStock(stockNeeds),
        restockProduct: restockProduct(stockNeeds),
        reserveStock: reserveStock({ database, move, reservationSeconds: config.RESERVATION_SECONDS }),
        sellStock: sellStock({ database, move }),
        releaseStock: releaseStock({ database, move }),
      }),
      subscriptions: subscriptions(move),
      workers: [worker("expire reservations", EXPIRY_INTERVAL, expireReservations({ database, move }))],
    };
  },
});
