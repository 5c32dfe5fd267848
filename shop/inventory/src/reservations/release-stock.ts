import type { GroupedTransaction } from "@flotilla/chassis/database";
import type { MoveStock } from "../stock/move-stock.ts";
import { release } from "./reservation.ts";
import { addReservation, lockReservation, saveReservationState } from "./reservation-store.ts";

type Needs = { transaction: GroupedTransaction; move: MoveStock };

/** Gives the pieces of an order back, sold ones too. Without a reservation it leaves a tombstone. A repeat changes nothing. */
export const releaseStock =
  ({ transaction, move }: Needs) =>
  (orderId: string): Promise<"released"> =>
    transaction(orderId, async (tx) => {
      const earlier = await lockReservation(tx, orderId);
      if (!earlier) {
        await addReservation(tx, { reservation: { orderId, state: "released", lines: [] }, seconds: 0 });
      } else if (earlier.state !== "released") {
        await move(tx, release(earlier).movements, { reason: "released", orderId });
        await saveReservationState(tx, { orderId, state: "released" });
      }
      return "released" as const;
    });
