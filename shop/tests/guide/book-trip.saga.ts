import { Fields, Id } from "@flotilla/chassis/contract";
import type { Transaction } from "@flotilla/chassis/database";
import { refusal } from "@flotilla/chassis/failure";
import { saga } from "@flotilla/chassis/saga";
import { Type } from "typebox";

// 1. What can go wrong, expectedly.
export const fullyBooked = refusal("fully_booked", 409, "There is no seat left");
export const cardDeclined = refusal("card_declined", 402, "The card was declined");

// 2. What the saga begins with.
const BookTrip = Fields({ tripId: Id, city: Type.String() });

// 3. What it needs of others.
type Needs = {
  flights: {
    book(key: string, city: string): Promise<{ seat: string }>;
    cancel(key: string): Promise<void>;
  };
  cards: {
    charge(key: string, seat: string): Promise<void>;
    refund(key: string): Promise<void>;
  };
  confirm(tx: Transaction, tripId: string): Promise<void>;
  reject(tx: Transaction, tripId: string, reason: string): Promise<void>;
};

// 4. The steps, read aloud.
export const bookTrip = ({ flights, cards, confirm, reject }: Needs) =>
  saga("book trip", BookTrip, { deadline: 600_000 })
    .step("book flight", {
      do: ({ city }, { key }) => flights.book(key, city),
      undo: (_state, { key }) => flights.cancel(key),
      refuses: [fullyBooked],
    })
    .step("charge card", {
      do: ({ seat }, { key }) => cards.charge(key, seat),
      undo: (_state, { key }) => cards.refund(key),
      refuses: [cardDeclined],
      deadline: 30_000,
    })
    .pivot("confirm trip", { within: (tx, { tripId }) => confirm(tx, tripId) })
    .fails((tx, { tripId }, reason) => reject(tx, tripId, reason));
