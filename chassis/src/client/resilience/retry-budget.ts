import { rollingCounts } from "./rolling-counts.ts";

/** How often calls to one service may be tried again. */
export type RetryBudget = {
  /** A call begins. */
  call(now: number): void;
  /** Whether one more retry is within the budget; if so, it is counted. */
  retry(now: number): boolean;
};

/** Retries for each call. */
export const SHARE = 0.2;
/** Retries in a second that are allowed however few calls there are. */
export const LEAST = 3;
/** Seconds over which calls and retries are counted. */
export const WINDOW = 10;

const CALL = 0;
const RETRY = 1;

/**
 * Makes the budget of a service: within 10 seconds a fifth of the calls may be tried again, so that however many fail, the service gets
 * at most 1.2 times what was asked; and at least three may in each second. (Finagle has budgets of this kind.)
 */
export function retryBudget(): RetryBudget {
  const window = rollingCounts(2, WINDOW, 1_000);
  const second = rollingCounts(1, 1, 1_000);
  return {
    call: (now) => window.add(CALL, now),
    retry(now) {
      const retries = window.sum(RETRY, now);
      const withinShare = retries + 1 <= SHARE * window.sum(CALL, now);
      const withinLeast = retries < LEAST * WINDOW && second.sum(0, now) < LEAST;
      if (!withinShare && !withinLeast) return false;
      window.add(RETRY, now);
      second.add(0, now);
      return true;
    },
  };
}
