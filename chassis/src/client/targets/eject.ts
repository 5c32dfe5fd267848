import type { Instance } from "./instance.ts";

/** So many failures in a row, and an instance is left out for a while. */
export const MOST_FAILURES = 5;
/** Milliseconds that it is left out: the first time, and at most. */
export const FIRST_OUT = 5_000;
export const LONGEST_OUT = 60_000;
/** An instance whose attempts are slow this often, while half of the others' are seldom, is left out as well. */
const OFTEN = 0.5;
const SELDOM = 0.2;
/** What a single attempt weighs in the share of slow ones. */
const WEIGHT = 0.1;

/** At most so many of `count` instances may be left out. */
export const mostOut = (count: number): number => Math.floor(count / 2);

/** Takes down how an attempt went. Returns whether the instance should be left out for it, for failing or for being slow. */
export function noteOutcome(
  instance: Instance,
  outcome: "good" | "slow" | "failed",
  others: readonly Instance[],
): "failing" | "slow" | undefined {
  if (outcome === "failed") {
    instance.failures += 1;
    return instance.failures >= MOST_FAILURES ? "failing" : undefined;
  }
  instance.failures = 0;
  instance.slowShare += WEIGHT * ((outcome === "slow" ? 1 : 0) - instance.slowShare);
  return instance.slowShare > OFTEN && isSeldomSlow(others, instance) ? "slow" : undefined;
}

/** Whether nothing is to be said against an instance. */
export const isWell = ({ failures, slowShare }: Instance): boolean => failures === 0 && slowShare < SELDOM;

/** Whether half of the others are well: where all are slow, the cause is not the instance. */
function isSeldomSlow(all: readonly Instance[], but: Instance): boolean {
  let others = 0;
  let well = 0;
  for (const each of all) {
    if (each === but) continue;
    others += 1;
    if (each.slowShare < SELDOM) well += 1;
  }
  return others > 0 && well * 2 >= others;
}

/** Leaves an instance out: twice as long as the last time, if that was not long ago. */
export function eject(instance: Instance, now: number, random: () => number): void {
  const again = instance.outFor > 0 && now - instance.since < LONGEST_OUT;
  instance.outFor = again ? Math.min(LONGEST_OUT, instance.outFor * 2) : FIRST_OUT;
  // Callers that left it out together shall not come back together.
  instance.outUntil = now + instance.outFor * (0.75 + 0.25 * random());
}

/** Lets an instance take calls again: few at first, and the first that is not well is the last. */
export function bringBack(instance: Instance, now: number): void {
  instance.outUntil = 0;
  instance.since = now;
  instance.failures = MOST_FAILURES - 1;
  instance.slowShare = OFTEN;
}
