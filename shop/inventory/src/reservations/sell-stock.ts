import type { GroupedTransaction } from "@flotilla/chassis/database";
import type { MoveStock } from "../stock/move-stock.ts";
import { sell } from "./reservation.ts";
import { lockReservation, saveReservationState } from "./reservation-store.ts";

type Needs = { transaction: GroupedTransaction; move: MoveStock };

/** Turns the reservation of an order into a sale. A repeat changes nothing. */
export const sellStock =
  ({ transaction, move }: Needs) =>
  (orderId: string): Promise<"sold"> =>
    transaction(orderId, async (tx) => {
      const reservation = await lockReservation(tx, orderId);
      const decision = sell(reservation);
      if (reservation?.state !== "sold") {
        await move(tx, decision.movements, { reason: "sold", orderId });
        await saveReservationState(tx, { orderId, state: decision.state });
      }
      return decision.state;
    });
