import { setTimeout as delay } from "node:timers/promises";

/** Time as a dependency, so that tests decide when it passes. Waits may be of any length: `Infinity` never ends; NaN is a `RangeError`. */
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
      for (const part of partsOf(milliseconds)) await delay(part, undefined, signal ? { signal } : {});
    } catch (error) {
      throw signal?.aborted ? signal.reason : error;
    }
  },
  after: startTimer,
};

/** The longest time that a timer of Node.js waits, in milliseconds; one that is set to more fires at once. */
const LONGEST_TIMER = 2 ** 31 - 1;

/**
 * Calls `action` after `milliseconds` of real time, however long that is (`Infinity`: never), unless the function that it returns was called
 * before. Throws a `RangeError` for NaN.
 */
export function startTimer(milliseconds: number, action: () => void): () => void {
  const parts = partsOf(milliseconds);
  let timer: NodeJS.Timeout | undefined;
  function next(): void {
    const part = parts.next();
    if (part.done) action();
    else timer = setTimeout(next, part.value);
  }
  next();
  return () => clearTimeout(timer);
}

/** Times that timers can wait, which add up to `milliseconds`: at least one. */
function partsOf(milliseconds: number): Generator<number, void> {
  if (Number.isNaN(milliseconds)) throw new RangeError("a time to wait must be a number of milliseconds");
  return (function* () {
    let left = milliseconds;
    for (; left > LONGEST_TIMER; left -= LONGEST_TIMER) yield LONGEST_TIMER;
    yield left;
  })();
}
