import { Type } from "typebox";

/** How long orders are kept, and so the money and the pieces that are given back when they are cancelled. */
export const ORDER_DAYS = Type.Integer({
  minimum: 1,
  maximum: 36_000,
  default: 3_650,
  description: "Days that orders are kept; payments and reservations are kept a month longer",
});

/** Days that payments and reservations are kept: as long as there may be an order of theirs. */
export const daysBehindOrders = (orderDays: number): number => orderDays + 30;
