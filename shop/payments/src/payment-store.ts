import type { Queryable, Transaction } from "@flotilla/chassis/database";
import type { ChargeRequest, Intent, Payment } from "./payment.ts";
import type { DeclineReason } from "./payment-provider.ts";

type Row = {
  orderId: string;
  status: Payment["status"];
  userId: string | null;
  amount: number;
  currency: "EUR";
  method: Intent["method"];
  providerKey: string;
  reason: DeclineReason;
};

// Amounts are at most 2^53 - 1, so a double holds them exactly; a bigint would come as text.
const payment = `order_id as "orderId", status, user_id as "userId", amount::float8 as amount, currency, method,
  provider_key as "providerKey", decline_reason as reason`;

/** The payment of an order. */
export async function findPayment(database: Queryable, orderId: string): Promise<Payment | undefined> {
  const rows = await database.query<Row>(`select ${payment} from payment where order_id = $1`, [orderId]);
  return rows[0] && asPayment(rows[0]);
}

/** Writes down that an order is to be charged, as `pending`. Returns the payment that is there then: this one or an earlier one. */
export async function addIntent(database: Queryable, charge: ChargeRequest, providerKey: string): Promise<Payment> {
  const { orderId, userId, amount, method } = charge;
  const added = await database.query<Row>(
    `insert into payment (order_id, status, user_id, amount, currency, method, provider_key)
     values ($1, 'pending', $2, $3, $4, $5, $6) on conflict do nothing returning ${payment}`,
    [orderId, userId, amount.amount, amount.currency, method, providerKey],
  );
  return added[0] ? asPayment(added[0]) : knownPayment(database, orderId);
}

/** Writes down that an order must not be charged any more. Returns the payment that is there then: the tombstone or an earlier one. */
export async function addTombstone(database: Queryable, orderId: string): Promise<Payment> {
  const added = await database.query<Row>(
    `insert into payment (order_id, status) values ($1, 'voided') on conflict do nothing returning ${payment}`,
    [orderId],
  );
  return added[0] ? asPayment(added[0]) : knownPayment(database, orderId);
}

/** Changes the status of a payment if it is `from`; undefined when it is not, and then nothing has changed. */
export async function changeStatus(
  tx: Transaction,
  orderId: string,
  change: { from: Payment["status"]; to: Payment["status"]; reason?: DeclineReason },
): Promise<Payment | undefined> {
  const rows = await tx.query<Row>(
    `update payment set status = $3, decline_reason = $4, updated_at = now()
      where order_id = $1 and status = $2 returning ${payment}`,
    [orderId, change.from, change.to, change.reason ?? null],
  );
  return rows[0] && asPayment(rows[0]);
}

/** The payment of an order that is known to have one: payments are never removed. */
export async function knownPayment(database: Queryable, orderId: string): Promise<Payment> {
  const found = await findPayment(database, orderId);
  if (!found) throw new Error(`the payment of ${orderId} is gone`);
  return found;
}

function asPayment({ orderId, status, userId, amount, currency, method, providerKey, reason }: Row): Payment {
  const intent = userId === null ? null : { userId, amount: { amount, currency }, method, providerKey };
  return { orderId, status, intent, ...(status === "declined" ? { reason } : {}) } as Payment;
}
