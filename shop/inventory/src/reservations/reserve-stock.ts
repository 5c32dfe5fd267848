import { newId } from "@flotilla/chassis/core/id";
import type { Database } from "@flotilla/chassis/database";
import type { Saga, StartSaga } from "@flotilla/chassis/saga";
import type { StockLine } from "@flotilla/contracts/inventory";
import type { MoveStock } from "../stock/move-stock.ts";
import { mergeLines } from "../stock/stock.ts";
import type { ExpireReservation } from "./expire-reservation.saga.ts";
import { type Reservation, reserve, reserveAgain } from "./reservation.ts";
import { addOrLockReservation, saveReservationState } from "./reservation-store.ts";

type Needs = {
  database: Database;
  move: MoveStock;
  startSaga: StartSaga;
  expireReservation: Saga<ExpireReservation>;
  reservationSeconds: number;
};

/** Reserves the pieces of an order: all lines or none, and not for ever. A repeat is the same reservation. */
export const reserveStock =
  ({ database, move, startSaga, expireReservation, reservationSeconds }: Needs) =>
  (orderId: string, lines: readonly StockLine[]): Promise<"reserved" | "sold"> => {
    const wanted = mergeLines(lines);
    return database.transaction(async (tx) => {
      const first: Reservation = { orderId, state: "reserved", lines: wanted };
      const earlier = await addOrLockReservation(tx, first, reservationSeconds);
      const decision = earlier ? reserveAgain(earlier, wanted) : reserve(wanted);
      await move(tx, decision.movements, { reason: "reserved", orderId });
      if (earlier?.state === decision.state) return decision.state;
      if (earlier) await saveReservationState(tx, orderId, decision.state, reservationSeconds);
      // A reservation that is made anew waits anew, and has a saga of its own.
      const input = { orderId, seconds: reservationSeconds };
      await startSaga(tx, expireReservation, { key: `${orderId}:${newId()}`, input });
      return decision.state;
    });
  };
