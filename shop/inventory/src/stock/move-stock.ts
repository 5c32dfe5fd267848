import type { Transaction } from "@flotilla/chassis/database";
import type { Publish } from "@flotilla/chassis/messaging";
import { outOfStock, stockChanged } from "@flotilla/contracts/inventory";
import type { Movement, StockLevel } from "./stock.ts";
import { applyMovements, type Cause } from "./stock-store.ts";

/**
 * Moves pieces inside a transaction: all movements or, with `out_of_stock`, none once the transaction has rolled back.
 * Publishes the new level of each product.
 */
export type MoveStock = (tx: Transaction, movements: readonly Movement[], cause: Cause) => Promise<StockLevel[]>;

export const moveStock =
  (publish: Publish): MoveStock =>
  async (tx, movements, cause) => {
    if (movements.length === 0) return [];
    const levels = await applyMovements(tx, movements, cause);
    if (levels.length < movements.length) throw outOfStock.failure();
    for (const level of levels) await publish(tx, stockChanged, level);
    return levels;
  };
