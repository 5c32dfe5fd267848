import type { BatchSize } from "./outbox-store.ts";

/** How large batches are: smaller while they fail. */
export type AdaptiveSize = {
  now(): BatchSize;
  failed(): void;
  succeeded(): void;
};

/** Makes it: `most` at first, half of it after each failure, twice as much after each success. */
export function adaptiveSize(most: BatchSize): AdaptiveSize {
  let part = 1;
  return {
    now: () => ({
      events: Math.max(1, Math.floor(most.events * part)),
      bytes: Math.max(1, Math.floor(most.bytes * part)),
    }),
    failed() {
      part = Math.max(part / 2, 1 / most.events);
    },
    succeeded() {
      part = Math.min(1, part * 2);
    },
  };
}
