import { combinedWrite, type Transaction } from "@flotilla/chassis/database";
import type { Publish } from "@flotilla/chassis/messaging";
import { outOfStock, stockChanged } from "@flotilla/contracts/inventory";
import { type Movement, openShelf, type StockLevel } from "./stock.ts";
import { type Cause, lockStocks, saveMoves } from "./stock-store.ts";

/**
 * Moves pieces inside a transaction: all movements (each product at most once) or, with `out_of_stock`, none. Returns the new level
 * of each product, and publishes it: once for all that is moved at the same time.
 */
export type MoveStock = (tx: Transaction, movements: readonly Movement[], cause: Cause) => Promise<StockLevel[]>;

type Move = { readonly movements: readonly Movement[]; readonly cause: Cause };

export const moveStock = (publish: Publish): MoveStock => {
  const moveAll = combinedWrite<Move, StockLevel[]>(async (tx, moves) => {
    const ids = new Set(moves.flatMap(({ movements }) => movements.map(({ productId }) => productId)));
    const shelf = openShelf<Cause>(await lockStocks(tx, [...ids]));
    const outcomes = moves.map(({ movements, cause }) => shelf.move(movements, cause) ?? outOfStock.failure());
    const { levels, journal } = shelf.changes();
    if (levels.length > 0) await saveMoves(tx, levels, journal);
    await Promise.all(levels.map((level) => publish(tx, stockChanged, level)));
    return outcomes;
  });
  return async (tx, movements, cause) => (movements.length === 0 ? [] : moveAll(tx, { movements, cause }));
};
