import { ORDER_DAYS } from "@flotilla/contracts/order-days";
import { Type } from "typebox";

/** The settings of the inventory service, besides those of every service. */
export const config = Type.Object({
  ORDER_DAYS,
  RESERVATION_SECONDS: Type.Integer({
    minimum: 1,
    maximum: 86_400,
    default: 900,
    description: "How long pieces are kept for an order that is not sold",
  }),
});
