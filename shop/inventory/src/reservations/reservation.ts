import {
  reservationMismatch,
  reservationMissing,
  reservationReleased,
  type StockLine,
} from "@flotilla/contracts/inventory";
import { type Movement, moveLines, sameLines } from "../stock/stock.ts";

/**
 * The pieces an order holds. `released` is final; without lines it is a tombstone: the release came before the reservation.
 * `expired`: the pieces went back because the order took too long; they can be taken again.
 */
export type Reservation = {
  readonly orderId: string;
  readonly state: "reserved" | "sold" | "released" | "expired";
  /** Merged: sorted by product, each product once. */
  readonly lines: readonly StockLine[];
};

/** What a command does to a reservation: its next state, and the pieces to move. */
export type Decision<State extends Reservation["state"]> = {
  readonly state: State;
  readonly movements: readonly Movement[];
};

/** The first reservation of an order. */
export const reserve = (lines: readonly StockLine[]): Decision<"reserved"> => ({
  state: "reserved",
  movements: moveLines(lines, "available", "reserved"),
});

/** The same order asks again: the same answer, except that expired pieces are taken anew. */
export function reserveAgain(earlier: Reservation, lines: readonly StockLine[]): Decision<"reserved" | "sold"> {
  const { state } = earlier;
  if (state === "released") throw reservationReleased.failure();
  if (!sameLines(earlier.lines, lines)) throw reservationMismatch.failure();
  return state === "expired" ? reserve(lines) : { state, movements: [] };
}

/** Reserved pieces become sold; expired ones are taken anew. */
export function sell(reservation: Reservation | undefined): Decision<"sold"> {
  if (!reservation) throw reservationMissing.failure();
  const { state, lines } = reservation;
  if (state === "released") throw reservationReleased.failure();
  if (state === "sold") return { state, movements: [] };
  return { state: "sold", movements: moveLines(lines, state === "expired" ? "available" : "reserved", "sold") };
}

/** Reserved or sold pieces become available again, once. */
export function release({ state, lines }: Reservation): Decision<"released"> {
  const held = state === "reserved" || state === "sold";
  return { state: "released", movements: held ? moveLines(lines, state, "available") : [] };
}

/** A reservation that was not sold in time gives its pieces back. */
export const expire = ({ lines }: Reservation): Decision<"expired"> => ({
  state: "expired",
  movements: moveLines(lines, "reserved", "available"),
});
