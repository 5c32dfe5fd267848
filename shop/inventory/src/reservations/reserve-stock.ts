import type { GroupedTransaction } from "@flotilla/chassis/database";
import type { Saga, StartSaga } from "@flotilla/chassis/saga";
import { newId } from "@flotilla/chassis/service";
import type { StockLine } from "@flotilla/contracts/inventory";
import type { MoveStock } from "../stock/move-stock.ts";
import { mergeLines } from "../stock/stock.ts";
import type { ExpireReservation } from "./expire-reservation.saga.ts";
import { reserve, reserveAgain } from "./reservation.ts";
import { addReservation, lockReservation, saveReservationState } from "./reservation-store.ts";

type Needs = {
  transaction: GroupedTransaction;
  move: MoveStock;
  startSaga: StartSaga;
  expireReservation: Saga<ExpireReservation>;
  reservationSeconds: number;
};

/** Reserves the pieces of an order: all lines or none, and not for ever. A repeat is the same reservation. */
export const reserveStock =
  ({ transaction, move, startSaga, expireReservation, reservationSeconds: seconds }: Needs) =>
  (orderId: string, lines: readonly StockLine[]): Promise<"reserved" | "sold"> => {
    const wanted = mergeLines(lines);
    return transaction(orderId, async (tx) => {
      const earlier = await lockReservation(tx, orderId);
      const decision = earlier ? reserveAgain(earlier, wanted) : reserve(wanted);
      await move(tx, decision.movements, { reason: "reserved", orderId });
      if (earlier?.state === decision.state) return decision.state;
      const reservation = { orderId, state: decision.state, lines: wanted };
      if (earlier) await saveReservationState(tx, { ...reservation, seconds });
      else await addReservation(tx, { reservation, seconds });
      // A reservation that is made anew waits anew, and has a saga of its own.
      await startSaga(tx, expireReservation, { key: `${orderId}:${newId()}`, input: { orderId, seconds } });
      return decision.state;
    });
  };
