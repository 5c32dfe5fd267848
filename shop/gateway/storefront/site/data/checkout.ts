import type { NewOrder, Order } from "@flotilla/contracts/orders";
import { ask } from "./api.ts";
import { takeOut } from "./cart.ts";
import { exclusively, newKey } from "./lock.ts";
import { Problem } from "./problem.ts";
import { user } from "./session.ts";
import { createStored } from "./stored.ts";

type Checkout = { readonly key: string; readonly userId: string; readonly order: NewOrder };

const isCheckout = (value: unknown): value is Checkout =>
  typeof value === "object" && value !== null && "key" in value && "userId" in value && "order" in value;

/** The order that is on its way: kept until there is an answer, so that a reload sends the same order and not a second one. */
const kept = createStored<Checkout>("checkout", isCheckout);

/** Whether an order of the customer's was sent, and no answer has come yet. */
export const isUnanswered = (): boolean => unanswered() !== undefined;

const unanswered = (): Checkout | undefined => {
  const checkout = kept.read();
  return checkout?.userId === user.value()?.id ? checkout : undefined;
};

/**
 * Places an order, and takes what it holds out of the cart. An earlier one that was never answered is sent again in its place, under its own
 * key: the shop knows it by that, however often it comes. Throws a Problem; what passes leaves the order to be sent again.
 */
export const placeOrder = (order: NewOrder, signal?: AbortSignal): Promise<Order> =>
  exclusively("checkout", async () => {
    const userId = user.value()?.id;
    if (!userId) throw new Problem(401, "signed_out");
    const checkout = unanswered() ?? { key: newKey(), userId, order };
    kept.write(checkout);
    return sendUntilAnswered(checkout, signal);
  });

/** Sends the order again that was never answered; undefined when there is none. */
export const finishOrder = (signal?: AbortSignal): Promise<Order | undefined> =>
  exclusively("checkout", async () => {
    const checkout = unanswered();
    return checkout && sendUntilAnswered(checkout, signal);
  });

async function sendUntilAnswered({ key, order }: Checkout, signal?: AbortSignal): Promise<Order> {
  try {
    const headers = { "idempotency-key": key };
    const placed = await ask<Order>("POST", "/orders", { body: order, headers, signal, attempts: 6 });
    kept.write(undefined);
    takeOut(order.items);
    return placed;
  } catch (error) {
    // After a 401 the customer signs in again, and goes on.
    const isAnswer = error instanceof Problem && !error.isPassing && error.status !== 401 && error.status < 500;
    if (isAnswer) kept.write(undefined);
    throw error;
  }
}
