import type { Outcome } from "../targets/instance.ts";
import { rollingCounts } from "./rolling-counts.ts";

/** `closed`: calls go through. `open`: none does. `half-open`: a few go, to see whether the others may. */
export type CircuitState = "closed" | "half-open" | "open";

/** The right to make one attempt; to be given back with how it went. */
export type Pass = { readonly age: number; readonly probe: boolean; judged: boolean };

/** Ends the calls to a service that fails or is slow, before it has to. */
export type CircuitBreaker = {
  /** Begins an attempt. Undefined: it may not be made. */
  begin(now: number): Pass | undefined;
  /** Takes down that an attempt which is still under way is slow: nobody has to wait for its end to know. */
  slow(pass: Pass, now: number): void;
  /** Ends it; to be called once for each that was begun. */
  end(pass: Pass, outcome: Outcome, now: number): void;
  state(): CircuitState;
  /** Milliseconds until the next attempt may be made; 0 when it may now, as far as time goes. */
  opensIn(now: number): number;
};

export type BreakerLimits = {
  /** Attempts within the window before it may open. Default 10. */
  readonly leastAttempts?: number;
};

/** The window in which attempts are counted, in milliseconds; how many have to be in it; what share may fail or be slow. */
const SLOTS = 10;
const SLOT = 200;
export const WINDOW: number = SLOTS * SLOT;
export const LEAST_ATTEMPTS = 10;
export const MOST_BAD = 0.5;
/** Milliseconds that it stays open: at first, and at most. A service that is well again is not to be left alone for longer. */
export const FIRST_OPEN = 1_000;
export const LONGEST_OPEN = 4_000;
/** Attempts that are made to see whether the service is well; all of them have to be good. */
export const PROBES = 3;

const ALL = 0;
const BAD = 1;

/**
 * Makes the breaker of a service (Nygard, "Release It!", 2007). It opens when within 2 seconds at least half of 10 or more attempts
 * failed or were slow. It stays open for a second, then lets three attempts through: if all are good it closes, else it opens
 * again, for twice as long, up to 4 seconds.
 */
export function circuitBreaker(
  onChange: (state: CircuitState) => void,
  { leastAttempts = LEAST_ATTEMPTS }: BreakerLimits = {},
): CircuitBreaker {
  const window = rollingCounts(2, SLOTS, SLOT);
  let state: CircuitState = "closed";
  /** Grows with each change: attempts that began before tell nothing of what is now. */
  let age = 0;
  let openUntil = 0;
  let openFor = FIRST_OPEN;
  let probing = 0;
  let wellProbed = 0;

  function change(next: CircuitState): void {
    state = next;
    age += 1;
    probing = 0;
    wellProbed = 0;
    window.clear();
    onChange(next);
  }

  function open(now: number): void {
    openFor = state === "half-open" ? Math.min(LONGEST_OPEN, openFor * 2) : FIRST_OPEN;
    openUntil = now + openFor;
    change("open");
  }

  function count(bad: boolean, now: number): void {
    window.add(ALL, now);
    if (!bad) return;
    window.add(BAD, now);
    const all = window.sum(ALL, now);
    if (all >= leastAttempts && window.sum(BAD, now) >= MOST_BAD * all) open(now);
  }

  function mayBegin(now: number): boolean {
    if (state === "open" && now >= openUntil) change("half-open");
    return state === "closed" || (state === "half-open" && probing + wellProbed < PROBES);
  }

  function judge(pass: Pass, bad: boolean, now: number): void {
    pass.judged = true;
    if (!pass.probe) count(bad, now);
    else if (bad) open(now);
    else {
      wellProbed += 1;
      if (wellProbed >= PROBES) change("closed");
    }
  }

  return {
    begin(now) {
      if (!mayBegin(now)) return undefined;
      const probe = state === "half-open";
      if (probe) probing += 1;
      return { age, probe, judged: false };
    },
    slow(pass, now) {
      if (pass.age === age && !pass.judged) judge(pass, true, now);
    },
    end(pass, outcome, now) {
      if (pass.age !== age) return;
      if (pass.probe) probing -= 1;
      if (outcome !== "unknown" && !pass.judged) judge(pass, outcome !== "good", now);
    },
    state: () => state,
    opensIn: (now) => (state === "open" ? Math.max(0, openUntil - now) : 0),
  };
}
