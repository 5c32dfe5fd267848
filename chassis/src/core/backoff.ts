/** How waiting times grow from one attempt to the next. All times in milliseconds. */
export type Backoff = {
  /** The longest the first wait can be. */
  first: number;
  /** No wait is longer than this. */
  most: number;
  /** Each ceiling is this many times the one before. Default 2. */
  factor?: number;
};

/**
 * The wait before attempt `attempt + 1`, with full jitter: evenly spread between 0 and the ceiling of that attempt
 * (Brooker, "Exponential Backoff And Jitter", 2015). `attempt` counts from 1; `random` is in [0, 1).
 */
export function backoffDelay(backoff: Backoff, attempt: number, random: () => number = Math.random): number {
  // A power that is no number any more must not make one of nothing.
  const grown = backoff.first > 0 ? backoff.first * (backoff.factor ?? 2) ** (attempt - 1) : 0;
  return Math.min(backoff.most, grown) * random();
}
