import { unavailable } from "@flotilla/chassis/core/failure";

/** Does work when there is room for it, in the order it came. Work whose signal was aborted before its turn is not begun. */
export type Bulkhead = <T>(work: () => Promise<T>, signal?: AbortSignal) => Promise<T>;

/** At most `atOnce` works run, at most `waiting` wait; more are refused at once with `unavailable`. */
export function bulkhead({ atOnce, waiting }: { atOnce: number; waiting: number }): Bulkhead {
  const queue: (() => void)[] = [];
  let running = 0;

  async function enter(): Promise<void> {
    if (running < atOnce) {
      running++;
      return;
    }
    if (queue.length >= waiting) throw unavailable.failure({ retryAfter: 1 });
    // Whoever leaves hands over the place, so that nobody can slip in between.
    await new Promise<void>((resolve) => queue.push(resolve));
  }

  function leave(): void {
    const next = queue.shift();
    if (next) next();
    else running--;
  }

  return async (work, signal) => {
    await enter();
    try {
      signal?.throwIfAborted();
      return await work();
    } finally {
      leave();
    }
  };
}
