import type { Order } from "@flotilla/contracts/orders";
import { isFinal } from "./order.ts";

/** How often another replica's work is looked for, in milliseconds. */
const POLL_INTERVAL = 250;

/** Lets requests wait for an order's end. */
export type OrderWatch = {
  /** Says how an order is now that it was changed in this process. */
  changed(order: Order): void;
  /** Resolves with the order once it is final, or as it is after `milliseconds` or when `signal` is aborted. */
  untilFinal(orderId: string, milliseconds: number, signal: AbortSignal): Promise<Order>;
};

/** Watches orders: changes made by this process are seen at once, those of other replicas by looking. */
export function createOrderWatch(read: (orderId: string) => Promise<Order>): OrderWatch {
  const waiting = new Map<string, Set<(order: Order) => void>>();

  /** Resolves with the order as it was changed, or with nothing when the time is over. */
  function nextChange(orderId: string, milliseconds: number, signal: AbortSignal): Promise<Order | undefined> {
    const { promise, resolve } = Promise.withResolvers<Order | undefined>();
    const wakers = waiting.get(orderId) ?? new Set();
    waiting.set(orderId, wakers.add(resolve));
    const timer = setTimeout(() => resolve(undefined), milliseconds);
    signal.addEventListener("abort", () => resolve(undefined), { once: true });
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
    async untilFinal(orderId, milliseconds, signal) {
      const end = performance.now() + milliseconds;
      for (;;) {
        const left = end - performance.now();
        const change = nextChange(orderId, Math.max(0, Math.min(left, POLL_INTERVAL)), signal);
        const order = await read(orderId);
        if (isFinal(order) || left <= 0 || signal.aborted) return order;
        const changed = await change;
        if (changed && isFinal(changed)) return changed;
      }
    },
  };
}
