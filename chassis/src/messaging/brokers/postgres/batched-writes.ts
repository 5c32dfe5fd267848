import { type Backoff, backoffDelay } from "../../../core/backoff.ts";
import type { Clock } from "../../../core/clock.ts";
import type { Log } from "../../../telemetry/log.ts";

/** Collects things to write: one write at a time, each with everything that has come since the one before. */
export type BatchedWrites<Item> = {
  add(items: readonly Item[]): void;
  /** Resolves when everything has been written; what is not after so many milliseconds is given up. */
  finish(milliseconds: number): Promise<void>;
  /** Gives up what is not written. */
  abandon(): void;
};

const backoff: Backoff = { first: 100, most: 2_000 };

/** Makes batched writes. A write that fails is tried again, with what came meanwhile, until it is abandoned. */
export function createBatchedWrites<Item>(options: {
  write(items: readonly Item[]): Promise<void>;
  clock: Clock;
  log: Log;
}): BatchedWrites<Item> {
  const abandoned = new AbortController();
  let pending: Item[] = [];
  let writing: Promise<void> | undefined;

  async function writeAll(): Promise<void> {
    let failures = 0;
    while (pending.length > 0 && !abandoned.signal.aborted) {
      const batch = pending.slice();
      try {
        await options.write(batch);
        pending = pending.slice(batch.length);
        failures = 0;
      } catch (error) {
        failures += 1;
        options.log.warn({ err: error, failures }, "a write failed and will be tried again");
        await options.clock.sleep(backoffDelay(backoff, failures), abandoned.signal).catch(() => {});
      }
    }
    writing = undefined;
  }

  return {
    add(items) {
      if (abandoned.signal.aborted) return;
      pending.push(...items);
      if (pending.length > 0) writing ??= writeAll();
    },
    async finish(milliseconds) {
      const finished = new AbortController();
      const tooLong = options.clock.sleep(milliseconds, finished.signal).catch(() => {});
      await Promise.race([writing, tooLong]);
      finished.abort();
      abandoned.abort();
    },
    abandon: () => abandoned.abort(),
  };
}
