import { notFound } from "@flotilla/chassis/core/failure";
import type { Queryable, Transaction } from "@flotilla/chassis/database";
import type { Movement, StockLevel } from "./stock.ts";

/** Why pieces were moved, and for which order. */
export type Cause = {
  readonly reason: "initial" | "set" | "restocked" | "reserved" | "sold" | "released" | "expired" | "withdrawn";
  readonly orderId?: string;
};

/** A stock row under lock. */
export type LockedStock = StockLevel & { readonly initialStockDue: boolean; readonly withdrawn: boolean };

const level = `product_id as "productId", available, reserved, sold, version`;

/** The stock of a product; undefined when it has no row. */
export async function findStock(database: Queryable, productId: string): Promise<StockLevel | undefined> {
  const [found] = await database.query<StockLevel>(`select ${level} from stock where product_id = $1`, [productId]);
  return found;
}

/** Makes the row of a product, without any pieces; does nothing when it is there. */
export async function addStockRow(database: Queryable, productId: string): Promise<void> {
  await database.query("insert into stock (product_id) values ($1) on conflict do nothing", [productId]);
}

/** Locks the row of a product until the transaction ends; undefined when there is none. */
export async function lockStock(tx: Transaction, productId: string): Promise<LockedStock | undefined> {
  const [locked] = await tx.query<LockedStock>(
    `select ${level}, initial_stock_due as "initialStockDue", withdrawn from stock where product_id = $1 for update`,
    [productId],
  );
  return locked;
}

/** Locks the row of a product that can be stocked. Throws `not_found` when there is none or the product was withdrawn. */
export async function lockStockOnSale(tx: Transaction, productId: string): Promise<StockLevel> {
  const stock = await lockStock(tx, productId);
  if (!stock || stock.withdrawn) throw notFound.failure();
  return stock;
}

/** Remembers that the initial stock must not be added any more. */
export async function settleInitialStock(tx: Transaction, productId: string): Promise<void> {
  await tx.query("update stock set initial_stock_due = false where product_id = $1 and initial_stock_due", [productId]);
}

/** Marks a product as withdrawn; its available pieces must have been moved out. */
export async function markWithdrawn(tx: Transaction, productId: string): Promise<void> {
  await tx.query("update stock set withdrawn = true where product_id = $1", [productId]);
}

/**
 * Moves pieces and writes the journal, each product at most once in `movements`. Returns the new level of every product that
 * had the pieces; one that is missing had not (or has no row), and the caller must roll back. Rows are locked in the order of
 * their ids, so transactions that touch several products can't block each other. Pieces that would become available of a
 * withdrawn product leave the stock instead.
 */
export function applyMovements(tx: Transaction, movements: readonly Movement[], cause: Cause): Promise<StockLevel[]> {
  // `held` has the rows as they are once locked; `stock` itself is still seen as it was when the statement began.
  return tx.query<StockLevel>(
    `with wanted as (
       select * from unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[])
         as w (product_id, available, reserved, sold)
     ), held as (
       select product_id, available, reserved, sold, version, withdrawn from stock
        where product_id = any ($1) order by product_id for update
     ), movement as (
       select product_id, case when h.withdrawn then least(w.available, 0) else w.available end as available,
              w.reserved, w.sold
         from wanted w join held h using (product_id)
        where h.available + w.available >= 0 and h.reserved + w.reserved >= 0 and h.sold + w.sold >= 0
     ), changed as (
       update stock s
          set available = h.available + m.available, reserved = h.reserved + m.reserved, sold = h.sold + m.sold,
              version = h.version + 1
         from held h join movement m using (product_id)
        where s.product_id = h.product_id
       returning s.product_id, s.available, s.reserved, s.sold, s.version
     ), journal as (
       insert into stock_movement (product_id, version, reason, order_id, available, reserved, sold)
       select product_id, c.version, $5, $6, m.available, m.reserved, m.sold
         from changed c join movement m using (product_id)
     )
     select ${level} from changed order by product_id`,
    [
      movements.map(({ productId }) => productId),
      movements.map(({ available }) => available),
      movements.map(({ reserved }) => reserved),
      movements.map(({ sold }) => sold),
      cause.reason,
      cause.orderId ?? null,
    ],
  );
}
