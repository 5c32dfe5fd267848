import { Fields, Id } from "@flotilla/chassis/contract";
import type { Transaction } from "@flotilla/chassis/database";
import { decidedSaga } from "@flotilla/chassis/saga";
import { type Static, Type } from "typebox";

const ExpireReservation = Fields({ orderId: Id, seconds: Type.Integer({ minimum: 1 }) });
export type ExpireReservation = Static<typeof ExpireReservation>;

type Needs = { expire(tx: Transaction, orderId: string): Promise<void> };

/** Begun with each reservation: when nobody has paid in time, its pieces go back. */
export const expireReservation = ({ expire }: Needs) =>
  decidedSaga("expire reservation", ExpireReservation)
    .after("time to pay", ({ seconds }) => seconds * 1_000)
    .step("give unpaid pieces back", { within: (tx, { orderId }) => expire(tx, orderId) })
    .ends();
