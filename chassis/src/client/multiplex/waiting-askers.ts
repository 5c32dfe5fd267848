import type { Asker } from "../http/connection.ts";
import { readAnswerHead } from "./read-answer-head.ts";
import { slots } from "./slots.ts";

/** Who waits for answers on a connection, each by the number that its answer comes back with. */
export type WaitingAskers = {
  /** Throws a RangeError when too many wait. */
  add(asker: Asker): number;
  /** Whether this one still waited; it does no more. */
  leave(id: number): boolean;
  /** Gives an answer to whom it is for, if they still wait. Throws (an UpstreamError) for what is none. */
  answer(id: number, head: string, body: Buffer): void;
  fail(id: number, error: Error): void;
  failAll(error: Error): void;
  size(): number;
  /** When an answer came last, on the monotonic clock; 0: none did. */
  heardAt(): number;
};

/** Makes it for a connection to an instance of `service`. */
export function waitingAskers(service: string): WaitingAskers {
  const waiting = slots<Asker>();
  let heardAt = 0;

  function take(id: number): Asker | undefined {
    heardAt = performance.now();
    return waiting.take(id);
  }

  return {
    add: waiting.add,
    leave: (id) => waiting.take(id) !== undefined,
    answer(id, head, body) {
      const read = readAnswerHead(head, body.length, service);
      const asker = take(id);
      // What one of them makes of its answer is no fault of the connection.
      try {
        asker?.onHead(read, body.toString("latin1"));
        asker?.onEnd();
      } catch (error) {
        asker?.onError(error as Error);
      }
    },
    fail: (id, error) => take(id)?.onError(error),
    failAll(error) {
      for (const asker of waiting.takeAll()) asker.onError(error);
    },
    size: waiting.size,
    heardAt: () => heardAt,
  };
}
