import { unavailable } from "@flotilla/chassis/failure";
import { fairLines, type Requester } from "./fair-lines.ts";

/** Does work when there is room for it and it is its requester's turn. Work whose signal was aborted before its turn is not begun. */
export type Bulkhead = <T>(by: Requester, work: () => Promise<T>, signal?: AbortSignal) => Promise<T>;

type Waiting = { readonly begin: () => void; readonly refuse: () => void };

/**
 * At most `atOnce` works run, at most `waiting` wait; more are refused with `unavailable`. Requesters have a fair share of both: those who
 * ask for much wait behind, and are refused before, those who ask for little.
 */
export function bulkhead({ atOnce, waiting }: { atOnce: number; waiting: number }): Bulkhead {
  const lines = fairLines<Waiting>(waiting);
  let running = 0;

  async function enter(by: Requester): Promise<void> {
    if (running < atOnce) {
      running++;
      return;
    }
    // Whoever leaves hands over the place, so that nobody can slip in between.
    await new Promise<void>((resolve, reject) => {
      const refuse = () => reject(unavailable.failure({ retryAfter: 1 }));
      lines.add({ begin: resolve, refuse }, by)?.refuse();
    });
  }

  function leave(): void {
    const next = lines.next();
    if (next) next.begin();
    else running--;
  }

  return async (by, work, signal) => {
    await enter(by);
    try {
      signal?.throwIfAborted();
      return await work();
    } finally {
      leave();
    }
  };
}
