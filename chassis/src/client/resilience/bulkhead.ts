import type { Cancellation } from "../../core/cancellation.ts";
import { type Failure, unavailable } from "../../core/failure/failure.ts";

/** Bounds how many calls to one service are under way, so that a slow service can't take up the whole of its caller. */
export type Bulkhead = {
  /**
   * Takes a place: at once (then undefined is returned), or when one is free. Rejects with `unavailable` when too many wait already, and
   * with the reason when it is cancelled first. Who got a place has to leave it.
   */
  enter(cancellation: Cancellation): Promise<void> | undefined;
  leave(): void;
  running(): number;
  waiting(): number;
};

/** How many calls may be under way at once, and how many more may wait for their turn. */
export type BulkheadLimits = { readonly running: number; readonly waiting: number };

type Waiting = { start(): void };

/** Makes a bulkhead; those who wait get in in the order they came. */
export function bulkhead({ running: mostRunning, waiting: mostWaiting }: BulkheadLimits): Bulkhead {
  let running = 0;
  const line = new Set<Waiting>();

  function wait(cancellation: Cancellation): Promise<void> {
    return new Promise((resolve, reject) => {
      const leaveLine = (why: Failure) => {
        line.delete(waiting);
        reject(why);
      };
      const waiting: Waiting = {
        start() {
          line.delete(waiting);
          cancellation.forget(leaveLine);
          running += 1;
          resolve();
        },
      };
      line.add(waiting);
      cancellation.listen(leaveLine);
    });
  }

  return {
    enter(cancellation) {
      if (running < mostRunning) {
        running += 1;
        return undefined;
      }
      if (line.size >= mostWaiting) return Promise.reject(tooMany());
      return cancellation.why ? Promise.reject(cancellation.why) : wait(cancellation);
    },
    leave() {
      running -= 1;
      for (const first of line) {
        if (running < mostRunning) first.start();
        break;
      }
    },
    running: () => running,
    waiting: () => line.size,
  };
}

const tooMany = (): Failure =>
  unavailable.failure({ retryAfter: 1, cause: new Error("too many calls to the service wait already") });
