import { on, type Subscription } from "@flotilla/chassis/messaging";
import { stockChanged } from "@flotilla/contracts/inventory";
import type { ProductStore } from "./product-store.ts";

/**
 * What the catalogue hears of the stock. The inventory knows a product only from its `product.created`, so there is stock of an
 * unknown product only after the product was deleted; then there is nothing to note.
 */
export const events = (products: ProductStore): Subscription[] => [
  on(stockChanged, (stock, tx) => products.noteStock(tx, stock)),
];
