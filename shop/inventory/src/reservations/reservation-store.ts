import type { Transaction } from "@flotilla/chassis/database";
import type { Reservation } from "./reservation.ts";

const reservation = `order_id as "orderId", state, lines`;

/**
 * Makes the first row of an order. When there is one already (also one that another transaction is just making), locks it and
 * returns it as it is.
 */
export async function addOrLockReservation(
  tx: Transaction,
  first: Reservation,
  seconds: number,
): Promise<Reservation | undefined> {
  const added = await tx.query(
    `insert into reservation (order_id, state, lines, expires_at)
     values ($1, $2, $3, now() + make_interval(secs => $4)) on conflict do nothing returning order_id`,
    [first.orderId, first.state, JSON.stringify(first.lines), seconds],
  );
  return added.length > 0 ? undefined : lockReservation(tx, first.orderId);
}

/** Locks the reservation of an order until the transaction ends; undefined when there is none. */
export async function lockReservation(tx: Transaction, orderId: string): Promise<Reservation | undefined> {
  const [locked] = await tx.query<Reservation>(
    `select ${reservation} from reservation where order_id = $1 for update`,
    [orderId],
  );
  return locked;
}

/** Locks the reservation of an order if it has run out, by the database's clock. */
export async function lockOverdueReservation(tx: Transaction, orderId: string): Promise<Reservation | undefined> {
  const [locked] = await tx.query<Reservation>(
    `select ${reservation} from reservation where order_id = $1 and state = 'reserved' and expires_at <= now() for update`,
    [orderId],
  );
  return locked;
}

/** Stores the next state. `seconds` says how long a reservation is kept from now on. */
export async function saveReservationState(
  tx: Transaction,
  orderId: string,
  state: Reservation["state"],
  seconds = 0,
): Promise<void> {
  await tx.query(
    `update reservation set state = $2, updated_at = now(),
            expires_at = case when $2 = 'reserved' then now() + make_interval(secs => $3) else expires_at end
      where order_id = $1`,
    [orderId, state, seconds],
  );
}
