import { combinedRead, combinedWrite, type Queryable } from "@flotilla/chassis/database";
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
export const insertOrder = combinedWrite<StoredOrder, void>(async (tx, orders) => {
  const rows = orders.map((order) => ({ ...order, total: order.total.amount, currency: order.total.currency }));
  await tx.query(
    `insert into orders (id, user_id, user_name, status, items, total, currency, payment_method, reason, history, version,
       created_at, updated_at)
     select id, "userId", "userName", status, items, total, currency, method, reason, history, version, "createdAt", "updatedAt"
       from json_to_recordset($1) as given (id text, "userId" text, "userName" text, status text, items jsonb, total bigint,
         currency text, method text, reason text, history jsonb, version integer, "createdAt" timestamptz,
         "updatedAt" timestamptz)`,
    [JSON.stringify(rows)],
  );
  return orders.map(() => undefined);
});

/** Writes back what can change of an order that was locked by {@link lockOrder}. */
export const updateOrder = combinedWrite<StoredOrder, void>(async (tx, orders) => {
  const rows = orders.map(({ id, status, reason, history, version, updatedAt }) => ({
    one: 1,
    id,
    status,
    reason,
    history,
    version,
    updatedAt,
  }));
  // `one` makes the planner expect a single row, and so look each up by its index, however small the table was when the plan was made.
  await tx.query(
    `update orders set status = given.status, reason = given.reason, history = given.history, version = given.version,
       updated_at = given."updatedAt"
       from json_to_recordset($1) as given (one integer, id text, status text, reason text, history jsonb, version integer,
         "updatedAt" timestamptz)
      where given.one = 1 and orders.id = given.id`,
    [JSON.stringify(rows)],
  );
  return orders.map(() => undefined);
});

/** Reads an order and keeps others from changing it until the transaction ends. */
export const lockOrder = combinedRead<string, StoredOrder | undefined>(async (tx, ids) => {
  const rows = await tx.query<Row>(`select ${columns} from orders where id = any ($1) order by id for update`, [ids]);
  const orders = new Map(rows.map((row) => [row.id, orderOf(row)]));
  return ids.map((id) => orders.get(id));
});

export async function findOrder(database: Queryable, id: string): Promise<StoredOrder | undefined> {
  const [row] = await database.query<Row>(`select ${columns} from orders where id = $1`, [id]);
  return row && orderOf(row);
}

/** Orders as callers see them; they must exist. */
export async function readOrders(database: Queryable, ids: readonly string[]): Promise<Order[]> {
  const rows = await database.query<Row>(`select ${columns} from orders where id = any ($1)`, [ids]);
  const orders = new Map(rows.map((row) => [row.id, viewOf(orderOf(row))]));
  return ids.map((id) => {
    const order = orders.get(id);
    if (!order) throw new Error(`order ${id} is gone`);
    return order;
  });
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
