import type { Database } from "@flotilla/chassis/database";
import type { StockLine } from "@flotilla/contracts/inventory";
import type { MoveStock } from "../stock/move-stock.ts";
import { mergeLines } from "../stock/stock.ts";
import { type Reservation, reserve, reserveAgain } from "./reservation.ts";
import { addOrLockReservation, saveReservationState } from "./reservation-store.ts";

type Needs = { database: Database; move: MoveStock; reservationSeconds: number };

/** Reserves the pieces of an order: all lines or none. A repeat is the same reservation. */
export const reserveStock =
  ({ database, move, reservationSeconds }: Needs) =>
  (orderId: string, lines: readonly StockLine[]): Promise<"reserved" | "sold"> => {
    const wanted = mergeLines(lines);
    return database.transaction(async (tx) => {
      const first: Reservation = { orderId, state: "reserved", lines: wanted };
      const earlier = await addOrLockReservation(tx, first, reservationSeconds);
      const decision = earlier ? reserveAgain(earlier, wanted) : reserve(wanted);
      await move(tx, decision.movements, { reason: "reserved", orderId });
      if (earlier && earlier.state !== decision.state) {
        await saveReservationState(tx, orderId, decision.state, reservationSeconds);
      }
      return decision.state;
    });
  };
