import type { Order } from "@flotilla/contracts/orders";
import { isFinal } from "./order.ts";

/** How often another replica's work is looked for, in milliseconds. */
const POLL_INTERVAL = 250;

/** Lets requests wait for an order's end. */
export type OrderWatch = {
  /** Says how an order is now that it was changed in this process. */
  changed(order: Order): void;
  /** Resolves with the order once it is final; rejects when `signal` is aborted first. */
  untilFinal(orderId: string, signal: AbortSignal): Promise<Order>;
};

/** Watches orders: changes made by this process are seen at once, those of other replicas by looking; a look that fails is one of many. */
export function createOrderWatch(read: (orderId: string) => Promise<Order>): OrderWatch {
  const waiting = new Map<string, Set<(order: Order) => void>>();

  /** Resolves with the order as it was changed, or with nothing when it is time to look again. */
  function nextChange(orderId: string): Promise<Order | undefined> {
    const { promise, resolve } = Promise.withResolvers<Order | undefined>();
    const wakers = waiting.get(orderId) ?? new Set();
    waiting.set(orderId, wakers.add(resolve));
    const timer = setTimeout(() => resolve(undefined), POLL_INTERVAL);
    return promise.finally(() => {
      clearTimeout(timer);
      wakers.delete(resolve);
      if (wakers.size === 0) waiting.delete(orderId);
    });
  }

  return {
    changed(order) {
      for (const wake of waiting.get(order.id) ?? []) wake(order);
    },
    async untilFinal(orderId, signal) {
      for (;;) {
        signal.throwIfAborted();
        const change = nextChange(orderId);
        const found = await Promise.race([change, read(orderId).catch(() => undefined)]);
        const order = found && isFinal(found) ? found : await change;
        if (order && isFinal(order)) return order;
      }
    },
  };
}
