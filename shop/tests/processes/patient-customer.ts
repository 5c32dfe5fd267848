import assert from "node:assert/strict";
import type { Order } from "@flotilla/contracts/orders";
import { eventually, type Response, type Visitor } from "../visitor.ts";

/** Longer than it takes until the leases of a killed process have ended and its successor has gone on. */
const PATIENCE = 90_000;

export const orderOf = (productId: string, quantity: number, method = "pm_card_visa") => ({
  items: [{ productId, quantity }],
  payment: { method },
});

/** Places an order as a good client does: without a definite answer it asks again, with the same key. */
export async function placeStubbornly(visitor: Visitor, body: unknown, key: string): Promise<Order> {
  const { status, body: order } = await eventually("a definite answer", () => definite(visitor, body, key), PATIENCE);
  assert.equal(status, 202, JSON.stringify(order));
  return order;
}

async function definite(visitor: Visitor, body: unknown, key: string): Promise<Response | undefined> {
  const answer = await visitor.placeOrder(body, key, {}).catch(() => undefined);
  return answer && answer.status < 500 ? answer : undefined;
}

/** Asks for an order until it is final, also while the shop can't answer. */
export const finalOrder = (visitor: Visitor, id: string): Promise<Order> =>
  eventually(
    `order ${id} is final`,
    async () => {
      const answer = await visitor.ask("GET", `/api/orders/${id}`).catch(() => undefined);
      return answer?.status === 200 && answer.body.status !== "pending" ? (answer.body as Order) : undefined;
    },
    PATIENCE,
  );
