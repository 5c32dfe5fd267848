import type { Queryable, Transaction } from "@flotilla/chassis/database";
import type { Order, OrderItem } from "@flotilla/contracts/orders";
import { type StoredOrder, viewOf } from "./order.ts";

type Row = Omit<StoredOrder, "total" | "createdAt" | "updatedAt" | "items"> & {
  total: number;
  items: OrderItem[];
  createdAt: Date;
  updatedAt: Date;
};

const columns = `id, user_id as "userId", user_name as "userName", status, items, total, reason, history, version,
  payment_method as method, created_at as "createdAt", updated_at as "updatedAt"`;

/** Adds a new order. */
export async function insertOrder(tx: Transaction, order: StoredOrder): Promise<void> {
  await tx.query(
    `insert into orders (id, user_id, user_name, status, items, total, currency, payment_method, reason, history, version,
       created_at, updated_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
    [
      order.id,
      order.userId,
      order.userName,
      order.status,
      JSON.stringify(order.items),
      order.total.amount,
      order.total.currency,
      order.method,
      order.reason,
      JSON.stringify(order.history),
      order.version,
      order.createdAt,
      order.updatedAt,
    ],
  );
}

/** Writes back what can change of an order that was locked by {@link lockOrder}. */
export async function updateOrder(tx: Transaction, order: StoredOrder): Promise<void> {
  await tx.query(
    "update orders set status = $2, reason = $3, history = $4, version = $5, updated_at = $6 where id = $1",
    [order.id, order.status, order.reason, JSON.stringify(order.history), order.version, order.updatedAt],
  );
}

/** Reads an order and keeps others from changing it until the transaction ends. */
export async function lockOrder(tx: Transaction, id: string): Promise<StoredOrder | undefined> {
  const [row] = await tx.query<Row>(`select ${columns} from orders where id = $1 for update`, [id]);
  return row && orderOf(row);
}

export async function findOrder(database: Queryable, id: string): Promise<StoredOrder | undefined> {
  const [row] = await database.query<Row>(`select ${columns} from orders where id = $1`, [id]);
  return row && orderOf(row);
}

/** The order as callers see it; it must exist. */
export async function readOrder(database: Queryable, id: string): Promise<Order> {
  const order = await findOrder(database, id);
  if (!order) throw new Error(`order ${id} is gone`);
  return viewOf(order);
}

/** Orders newest first, behind `cursor`; those of one user, or of all with `userId` null. One more than `limit`. */
export async function listOrders(
  database: Queryable,
  list: { userId: string | null; cursor: string | undefined; limit: number },
): Promise<StoredOrder[]> {
  const rows = await database.query<Row>(
    `select ${columns} from orders
     where ($1::text is null or user_id = $1) and ($2::text is null or id < $2)
     order by id desc limit $3`,
    [list.userId, list.cursor ?? null, list.limit + 1],
  );
  return rows.map(orderOf);
}

const orderOf = (row: Row): StoredOrder => ({
  ...row,
  total: { amount: row.total, currency: "EUR" },
  createdAt: row.createdAt.toISOString(),
  updatedAt: row.updatedAt.toISOString(),
});
