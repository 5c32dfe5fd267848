import type { BodyOf } from "@flotilla/chassis/contract";
import type { EventHandler } from "@flotilla/chassis/messaging";
import type { productCreated, productDeleted } from "@flotilla/contracts/products";
import type { MoveStock } from "./move-stock.ts";
import { addPieces } from "./stock.ts";
import { addStockRow, lockStock, markWithdrawn, settleInitialStock } from "./stock-store.ts";

/** A product came into the catalogue: adds its initial stock, unless an administrator has set the stock already. */
export const stockNewProduct =
  (move: MoveStock): EventHandler<BodyOf<typeof productCreated>> =>
  async ({ productId, initialStock }, tx) => {
    await addStockRow(tx, productId);
    const stock = await lockStock(tx, productId);
    if (!stock?.initialStockDue || stock.withdrawn) return;
    await settleInitialStock(tx, productId);
    if (initialStock > 0) await move(tx, [addPieces(productId, initialStock)], { reason: "initial" });
  };

/** A product left the catalogue: what was available leaves the stock; what is reserved may still be sold. */
export const withdrawProduct =
  (move: MoveStock): EventHandler<BodyOf<typeof productDeleted>> =>
  async ({ productId }, tx) => {
    await addStockRow(tx, productId);
    const stock = await lockStock(tx, productId);
    if (!stock || stock.withdrawn) return;
    if (stock.available > 0) await move(tx, [addPieces(productId, -stock.available)], { reason: "withdrawn" });
    await markWithdrawn(tx, productId);
  };
