import type { Database } from "@flotilla/chassis/database";
import type { GetStock } from "./get-stock.ts";
import type { MoveStock } from "./move-stock.ts";
import { addPieces, assertRoomFor, type StockLevel } from "./stock.ts";
import { lockStockOnSale, settleInitialStock } from "./stock-store.ts";

type Needs = { database: Database; getStock: GetStock; move: MoveStock };

/**
 * Sets how many pieces of a product can be reserved; reserved and sold ones stay. It is the last word on the initial stock: a
 * product's event that comes later adds nothing.
 */
export const setStock =
  ({ database, getStock, move }: Needs) =>
  async (productId: string, available: number): Promise<StockLevel> => {
    await getStock(productId);
    return database.transaction(async (tx) => {
      const stock = await lockStockOnSale(tx, productId);
      await settleInitialStock(tx, productId);
      const more = available - stock.available;
      if (more === 0) return stock;
      assertRoomFor(stock, more);
      const [level] = await move(tx, [addPieces(productId, more)], { reason: "set" });
      return level ?? stock;
    });
  };
