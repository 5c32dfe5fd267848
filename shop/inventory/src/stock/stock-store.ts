import type { Queryable, Transaction } from "@flotilla/chassis/database";
import { notFound } from "@flotilla/chassis/failure";
import type { Movement, StockLevel } from "./stock.ts";

/** Why pieces were moved, and for which order. */
export type Cause = {
  readonly reason: "initial" | "set" | "restocked" | "reserved" | "sold" | "released" | "expired" | "withdrawn";
  readonly orderId?: string;
};

/** A movement as it is written down. Those that were made together have one version, and a line each. */
export type JournalLine = Movement & Cause & { readonly version: number; readonly line: number };

/** A stock row under lock. */
export type LockedStock = StockLevel & { readonly initialStockDue: boolean; readonly withdrawn: boolean };

const level = `product_id as "productId", available, reserved, sold, version`;
const locked = `${level}, initial_stock_due as "initialStockDue", withdrawn`;

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
  return (await lockStocks(tx, [productId]))[0];
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
 * Locks the rows of products until the transaction ends. In the order of their ids, so transactions that touch several products can't
 * block each other.
 */
export async function lockStocks(tx: Transaction, productIds: readonly string[]): Promise<LockedStock[]> {
  return tx.query<LockedStock>(
    `select ${locked} from stock where product_id = any ($1) order by product_id for update`,
    [productIds],
  );
}

/** Stores new levels of products that are locked, and what led to them. */
export async function saveMoves(
  tx: Transaction,
  levels: readonly StockLevel[],
  journal: readonly JournalLine[],
): Promise<void> {
  // `one` makes the planner expect a single row, and so look each up by its index, however small the table was when the plan was made.
  await tx.query(
    `with changed as (
       update stock set available = given.available, reserved = given.reserved, sold = given.sold, version = given.version
         from json_to_recordset($1) as given (one integer, "productId" text, available integer, reserved integer,
           sold integer, version integer)
        where given.one = 1 and stock.product_id = given."productId"
     )
     insert into stock_movement (product_id, version, line, reason, order_id, available, reserved, sold)
     select "productId", version, line, reason, "orderId", available, reserved, sold
       from json_to_recordset($2) as journal ("productId" text, version integer, line integer, reason text, "orderId" text,
         available integer, reserved integer, sold integer)`,
    [JSON.stringify(levels.map((each) => ({ one: 1, ...each }))), JSON.stringify(journal)],
  );
}
