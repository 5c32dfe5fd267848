import { combinedRead, combinedWrite, Overtaken, type Transaction } from "@flotilla/chassis/database";
import type { Reservation } from "./reservation.ts";

const reservation = `order_id as "orderId", state, lines`;

/** Locks the reservation of an order until the transaction ends; undefined when there is none. */
export const lockReservation = combinedRead<string, Reservation | undefined>(async (tx, orderIds) => {
  const locked = await tx.query<Reservation>(
    `select ${reservation} from reservation where order_id = any ($1) order by order_id for update`,
    [orderIds],
  );
  const byOrder = new Map(locked.map((each) => [each.orderId, each]));
  return orderIds.map((orderId) => byOrder.get(orderId));
});

/** `seconds` says how long a reservation is kept from now on. */
type Kept = { readonly reservation: Reservation; readonly seconds: number };

/** Makes the first row of an order that had none. When another transaction was faster, this one is run again. */
export const addReservation = combinedWrite<Kept, void>(async (tx, kept) => {
  const rows = kept.map(({ reservation, seconds }) => ({ ...reservation, seconds }));
  const added = await tx.query(
    `insert into reservation (order_id, state, lines, expires_at)
     select "orderId", state, lines, now() + make_interval(secs => seconds)
       from json_to_recordset($1) as given ("orderId" text, state text, lines jsonb, seconds float8)
      order by 1 on conflict do nothing returning 1`,
    [JSON.stringify(rows)],
  );
  if (added.length < rows.length) throw new Overtaken("another transaction made the reservation of an order");
  return kept.map(() => undefined);
});

/** Locks the reservation of an order if it has run out, by the database's clock. */
export async function lockOverdueReservation(tx: Transaction, orderId: string): Promise<Reservation | undefined> {
  const [locked] = await tx.query<Reservation>(
    `select ${reservation} from reservation where order_id = $1 and state = 'reserved' and expires_at <= now() for update`,
    [orderId],
  );
  return locked;
}

type NextState = Pick<Reservation, "orderId" | "state"> & { readonly seconds?: number };

/** Stores the next state of a reservation that is locked. `seconds` says how long a reservation is kept from now on. */
export const saveReservationState = combinedWrite<NextState, void>(async (tx, next) => {
  // `one` makes the planner expect a single row, and so look each up by its index, however small the table was when the plan was made.
  await tx.query(
    `update reservation set state = given.state, updated_at = now(),
            expires_at = case when given.state = 'reserved' then now() + make_interval(secs => seconds) else expires_at end
       from json_to_recordset($1) as given (one integer, "orderId" text, state text, seconds float8)
      where given.one = 1 and reservation.order_id = given."orderId"`,
    [JSON.stringify(next.map((each) => ({ one: 1, seconds: 0, ...each })))],
  );
  return next.map(() => undefined);
});
