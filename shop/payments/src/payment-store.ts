import { combinedWrite, type Queryable } from "@flotilla/chassis/database";
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

/** What an order is to be charged, and the key the provider is to know it by. */
export type NewIntent = ChargeRequest & { readonly providerKey: string };

/** Writes down that orders are to be charged, as `pending`. Returns the payments that are there then: these or earlier ones. */
export async function addIntents(database: Queryable, intents: readonly NewIntent[]): Promise<Payment[]> {
  const rows = intents.map(({ amount, ...intent }) => ({ ...intent, status: "pending", ...amount }));
  const added = await addPayments(database, rows);
  return Promise.all(intents.map(({ orderId }) => added.get(orderId) ?? knownPayment(database, orderId)));
}

/** Writes down that an order must not be charged any more. Returns the payment that is there then: the tombstone or an earlier one. */
export async function addTombstone(database: Queryable, orderId: string): Promise<Payment> {
  const added = await addPayments(database, [{ orderId, status: "voided" }]);
  return added.get(orderId) ?? knownPayment(database, orderId);
}

/** Adds the payments of those orders that have none; returns these. */
async function addPayments(database: Queryable, payments: readonly object[]): Promise<Map<string, Payment>> {
  const added = await database.query<Row>(
    `insert into payment (order_id, status, user_id, amount, currency, method, provider_key)
     select "orderId", status, "userId", amount, currency, method, "providerKey"
       from json_to_recordset($1) as given ("orderId" text, status text, "userId" text, amount bigint, currency text,
         method text, "providerKey" text)
      order by 1 on conflict do nothing returning ${payment}`,
    [JSON.stringify(payments)],
  );
  return new Map(added.map((row) => [row.orderId, asPayment(row)]));
}

type Change = {
  readonly orderId: string;
  readonly from: Payment["status"];
  readonly to: Payment["status"];
  readonly reason?: DeclineReason;
};

/** Changes the status of a payment if it is `from`; undefined when it is not, and then nothing has changed. */
export const changeStatus = combinedWrite<Change, Payment | undefined>(
  async (tx, changes) => {
    // `one` makes the planner expect a single row, and so look each up by its index, however small the table was when the plan was made.
    const changed = await tx.query<Row>(
      `update payment set status = given."to", decline_reason = given.reason, updated_at = now()
       from json_to_recordset($1) as given (one integer, "orderId" text, "from" text, "to" text, reason text)
      where given.one = 1 and payment.order_id = given."orderId" and payment.status = given."from" returning ${payment}`,
      [JSON.stringify(changes.map((change) => ({ one: 1, ...change })))],
    );
    const byOrder = new Map(changed.map((row) => [row.orderId, asPayment(row)]));
    return changes.map(({ orderId }) => byOrder.get(orderId));
  },
  { holds: ({ orderId }) => `payment ${orderId}` },
);

/** The payment of an order that is known to have one: payments outlive their orders. */
export async function knownPayment(database: Queryable, orderId: string): Promise<Payment> {
  const found = await findPayment(database, orderId);
  if (!found) throw new Error(`the payment of ${orderId} is gone`);
  return found;
}

function asPayment({ orderId, status, userId, amount, currency, method, providerKey, reason }: Row): Payment {
  const intent = userId === null ? null : { userId, amount: { amount, currency }, method, providerKey };
  return { orderId, status, intent, ...(status === "declined" ? { reason } : {}) } as Payment;
}
