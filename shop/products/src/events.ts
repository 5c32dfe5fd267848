import { on, type Subscription } from "@flotilla/chassis/messaging";
import { stockChanged } from "@flotilla/contracts/inventory";
import type { ProductStore } from "./product-store.ts";

/**
 * What the catalogue hears of the stock. The inventory keeps stock of nothing that was not in the catalogue first, so stock of an
 * unknown product is that of one deleted since: there is nothing to note.
 */
export const events = (products: ProductStore): Subscription[] => [
  on(stockChanged, (stock, tx) => products.noteStock(tx, stock)),
];
