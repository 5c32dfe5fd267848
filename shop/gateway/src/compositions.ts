import type { Composition } from "@flotilla/chassis/gateway";
import { orders } from "@flotilla/contracts/orders";
import { getPayment } from "@flotilla/contracts/payments";

/** `GET /api/orders/{id}?include=payment`: an order and its payment in one answer. */
export const compositions: readonly Composition[] = [
  {
    contract: orders,
    call: "getOrder",
    includes: {
      payment: { service: "payments", call: getPayment, parameters: ({ id }) => ({ orderId: String(id) }) },
    },
  },
];
