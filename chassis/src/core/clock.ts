import { setTimeout as delay } from "node:timers/promises";

/** Time as a dependency, so that tests decide when it passes. */
export interface Clock {
  /** The wall clock: for people and records, never for measuring. */
  now(): Date;
  /** Milliseconds that only ever grow; the origin means nothing. For deadlines and durations. */
  monotonic(): number;
  /** Resolves after `milliseconds`; rejects with the signal's reason as soon as it is aborted. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
  /** Calls `action` after `milliseconds`, unless the function that it returns was called before. Costs less than a sleep. */
  after(milliseconds: number, action: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => new Date(),
  monotonic: () => performance.now(),
  async sleep(milliseconds, signal) {
    try {
      await delay(milliseconds, undefined, signal ? { signal } : {});
    } catch (error) {
      throw signal?.aborted ? signal.reason : error;
    }
  },
  after(milliseconds, action) {
    const timer = setTimeout(action, milliseconds);
    return () => clearTimeout(timer);
  },
};
