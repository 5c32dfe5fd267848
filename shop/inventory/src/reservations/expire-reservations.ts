import type { Database } from "@flotilla/chassis/database";
import type { MoveStock } from "../stock/move-stock.ts";
import { expire } from "./reservation.ts";
import { lockOverdueReservation, saveReservationState } from "./reservation-store.ts";

type Needs = { database: Database; move: MoveStock };

const MOST_AT_ONCE = 100;

/**
 * One round of the worker: gives back the pieces of up to 100 reservations that ran out, each in a transaction of its own, and
 * returns whether there may be more. Replicas that do it at the same time share the work.
 */
export const expireReservations =
  ({ database, move }: Needs) =>
  async (signal: AbortSignal): Promise<boolean> => {
    for (let done = 0; done < MOST_AT_ONCE; done++) {
      if (signal.aborted || !(await expireNext(database, move))) return false;
    }
    return true;
  };

const expireNext = (database: Database, move: MoveStock): Promise<boolean> =>
  database.transaction(async (tx) => {
    const overdue = await lockOverdueReservation(tx);
    if (!overdue) return false;
    await move(tx, expire(overdue).movements, { reason: "expired", orderId: overdue.orderId });
    await saveReservationState(tx, overdue.orderId, "expired");
    return true;
  });
