import { Fields, OneOf } from "@flotilla/chassis/contract";
import { type Static, Type } from "typebox";

/** An amount in minor units (cents). The shop trades in one currency, so amounts can be added. */
export const Money = Fields({
  amount: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description: "Minor units" }),
  currency: OneOf("EUR"),
});
export type Money = Static<typeof Money>;

/** The price of one piece: at most a million, so that no order's total can overflow. */
export const Price = Fields({
  amount: Type.Integer({ minimum: 0, maximum: 100_000_000, description: "Minor units" }),
  currency: OneOf("EUR"),
});

export const euros = (amount: number): Money => ({ amount, currency: "EUR" });
