import { on, type Subscription } from "@flotilla/chassis/messaging";
import { productCreated, productDeleted } from "@flotilla/contracts/products";
import { stockNewProduct, withdrawProduct } from "./stock/follow-catalogue.ts";
import type { MoveStock } from "./stock/move-stock.ts";

/** What the inventory does when the catalogue changes. */
export const subscriptions = (move: MoveStock): Subscription[] => [
  on(productCreated, stockNewProduct(move)),
  on(productDeleted, withdrawProduct(move)),
];
