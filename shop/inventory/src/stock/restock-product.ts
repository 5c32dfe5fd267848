import { type Database, once, type Transaction } from "@flotilla/chassis/database";
import type { GetStock } from "./get-stock.ts";
import type { MoveStock } from "./move-stock.ts";
import { addPieces, assertRoomFor, type StockLevel } from "./stock.ts";
import { lockStockOnSale } from "./stock-store.ts";

type Needs = { database: Database; getStock: GetStock; move: MoveStock };
type Restock = { productId: string; quantity: number };

/** Adds pieces to a product: each time without a key, once for each key of an administrator with it. */
export const restockProduct =
  ({ database, getStock, move }: Needs) =>
  async (restock: Restock, administratorId: string, key: string): Promise<StockLevel> => {
    await getStock(restock.productId);
    return database.transaction((tx) => {
      const add = () => addToStock(tx, move, restock);
      return key ? once(tx, { scope: `restock ${administratorId}`, key, request: restock }, add) : add();
    });
  };

async function addToStock(tx: Transaction, move: MoveStock, { productId, quantity }: Restock): Promise<StockLevel> {
  const stock = await lockStockOnSale(tx, productId);
  assertRoomFor(stock, quantity);
  const [level] = await move(tx, [addPieces(productId, quantity)], { reason: "restocked" });
  return level ?? stock;
}
