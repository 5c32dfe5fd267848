import { pageOf } from "@flotilla/chassis/contract";
import type { createReplaceResult, Database } from "@flotilla/chassis/database";
import { notFound } from "@flotilla/chassis/failure";
import { userOf } from "@flotilla/chassis/identity";
import { answer, type Handlers } from "@flotilla/chassis/service";
import type { orders } from "@flotilla/contracts/orders";
import { isFinal, mayBeSeenBy, viewOf } from "./order.ts";
import { findOrder, listOrders } from "./order-store.ts";
import type { OrderWatch } from "./order-watch.ts";
import { keyOf, type placeOrder } from "./place-order.ts";
import type { requestCancellation } from "./request-cancellation.ts";

type Needs = {
  database: Database;
  replaceResult: ReturnType<typeof createReplaceResult>;
  watch: OrderWatch;
  placeOrder: ReturnType<typeof placeOrder>;
  requestCancellation: ReturnType<typeof requestCancellation>;
};

/** The calls of orders. */
export const calls = ({
  database,
  replaceResult,
  watch,
  placeOrder,
  requestCancellation,
}: Needs): Handlers<typeof orders> => ({
  async placeOrder({ caller, key, body, preferredWait, wait }) {
    const customer = userOf(caller);
    const placed = await placeOrder(customer, key, body);
    const location = `/api/orders/${placed.id}`;
    if (isFinal(placed)) return answer(201, placed, { location });
    // From here on it is placed, whatever else fails.
    const final = await wait(preferredWait, async (signal) => {
      const order = await watch.untilFinal(placed.id, signal);
      // What this caller was told is what a repeat will be told.
      await replaceResult({ ...keyOf(customer, key, body), result: order });
      return order;
    });
    if (!final) return answer(202, placed, { location });
    return answer(201, final, { location, "preference-applied": `wait=${preferredWait / 1_000}` });
  },

  async listOrders({ caller, query }) {
    const user = userOf(caller);
    const { limit, cursor } = query;
    const found = await listOrders(database, { userId: user.role === "admin" ? null : user.id, cursor, limit });
    return pageOf(found.map(viewOf), limit);
  },

  async getOrder({ caller, params }) {
    const order = await findOrder(database, params.id);
    if (!order || !mayBeSeenBy(order, userOf(caller))) throw notFound.failure();
    return viewOf(order);
  },

  cancelOrder: ({ caller, params, key }) => requestCancellation(userOf(caller), params.id, key),
});
