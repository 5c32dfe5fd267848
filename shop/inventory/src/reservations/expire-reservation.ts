import type { Transaction } from "@flotilla/chassis/database";
import type { MoveStock } from "../stock/move-stock.ts";
import { expire } from "./reservation.ts";
import { lockOverdueReservation, saveReservationState } from "./reservation-store.ts";

/** Gives the pieces of an order back if its reservation ran out; one that was sold, released or made anew is left alone. */
export const expireUnpaid =
  ({ move }: { move: MoveStock }) =>
  async (tx: Transaction, orderId: string): Promise<void> => {
    const overdue = await lockOverdueReservation(tx, orderId);
    if (!overdue) return;
    await move(tx, expire(overdue).movements, { reason: "expired", orderId });
    await saveReservationState(tx, { orderId, state: "expired" });
  };
