import { setTimeout as delay } from "node:timers/promises";

/** Time as a dependency, so that tests decide when it passes. */
export interface Clock {
  /** The wall clock: for people and records, never for measuring. */
  now(): Date;
  /** Milliseconds that only ever grow; the origin means nothing. For deadlines and durations. */
  monotonic(): number;
  /** Resolves after `milliseconds`; rejects with the signal's reason as soon as it is aborted. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
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
};
