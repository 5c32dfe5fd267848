import { ORDER_DAYS } from "@flotilla/contracts/order-days";
import { Type } from "typebox";

/** The settings of the payments service, besides those of every service. */
export const config = Type.Object({
  ORDER_DAYS,
  PAYMENT_PROVIDER_URL: Type.String({
    pattern: "^(simulated:|https?://.+)$",
    default: "simulated:",
    description: "The payment provider; `simulated:` starts one with test cards",
  }),
  DATABASE_URL: Type.String({ default: "", description: "Where the simulated provider keeps its ledger" }),
});
