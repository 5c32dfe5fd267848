/** An instance of a service as its caller sees it. Times are milliseconds of the monotonic clock. */
export type Instance = {
  /** `http://host:port`. */
  readonly origin: string;
  /** Attempts that are under way. */
  inFlight: number;
  /** Since when it takes calls: since it became known, or came back. */
  since: number;
  /** How many attempts in a row have failed. */
  failures: number;
  /** The share of slow ones among the latest attempts, 0 to 1. */
  slowShare: number;
  /** Until when it is left out; 0 when it is not. */
  outUntil: number;
  /** For how long it was left out the last time; 0 when it never was. */
  outFor: number;
};

/**
 * How an attempt went, as far as it tells of the instance: `good`, `slow` (right, but too late to be well), `failed`, or `unknown`: the
 * caller left, had too little time, or was sent away by an instance that has too much to do.
 */
export type Outcome = "good" | "slow" | "failed" | "unknown";

/** An instance of which nothing is known yet. */
export const newInstance = (origin: string, now: number): Instance => ({
  origin,
  inFlight: 0,
  since: now,
  failures: 0,
  slowShare: 0,
  outUntil: 0,
  outFor: 0,
});
