import type { Database } from "@flotilla/chassis/database";
import type { MoveStock } from "../stock/move-stock.ts";
import { release } from "./reservation.ts";
import { addOrLockReservation, saveReservationState } from "./reservation-store.ts";

type Needs = { database: Database; move: MoveStock };

/** Gives the pieces of an order back, sold ones too. Without a reservation it leaves a tombstone. A repeat changes nothing. */
export const releaseStock =
  ({ database, move }: Needs) =>
  (orderId: string): Promise<"released"> =>
    database.transaction<"released">(async (tx) => {
      const earlier = await addOrLockReservation(tx, { orderId, state: "released", lines: [] }, 0);
      if (earlier && earlier.state !== "released") {
        await move(tx, release(earlier).movements, { reason: "released", orderId });
        await saveReservationState(tx, orderId, "released");
      }
      return "released";
    });
