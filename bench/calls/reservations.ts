import { call, contract, Fields } from "@flotilla/chassis/contract";
import { Type } from "typebox";

const Item = Fields({
  productId: Type.String({ minLength: 1, maxLength: 64 }),
  quantity: Type.Integer({ minimum: 1, maximum: 1000 }),
});
const customerId = Type.String({ minLength: 1, maxLength: 64 });
const items = Type.Array(Item, { minItems: 1, maxItems: 100 });
const Reservation = Fields({
  id: Type.String(),
  customerId,
  items,
  status: Type.Literal("reserved"),
  reservedUntil: Type.String({ format: "date-time" }),
});

/** The call that is measured, as our contract. */
export const reservations = contract("reservations", {
  calls: {
    reserve: call("PUT /reservations/{id}", {
      summary: "Reserve",
      access: "internal",
      body: Fields({ customerId, items }),
      replies: { 200: Reservation },
    }),
  },
  events: {},
});
