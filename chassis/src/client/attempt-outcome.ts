import { deadlineExceeded, Failure } from "../core/failure/failure.ts";
import type { Outcome } from "./targets/instance.ts";

/** What an attempt tells of the instance, time apart. */
export type Told = Exclude<Outcome, "slow">;

/** Who had less time than this and got no answer in it can't blame the instance. */
export const FAIR_TIME = 250;

/**
 * What the status of an answer tells. A refusal is an answer as good as any. Nothing is told by an instance that has too much to do and
 * says when to come again: it is well, and what is asked of the others grows when it is left out; nor by one that waits for others.
 */
export function toldByStatus(status: number, hasRetryAfter: boolean): Told {
  if (status === 429 || status === 502 || status === 504) return "unknown";
  if (status === 503) return hasRetryAfter ? "unknown" : "failed";
  return status >= 500 ? "failed" : "good";
}

/** What is told when there was no answer; `took` is in milliseconds. A failure that is no outage of the instance is the caller's own. */
export function toldByError(error: unknown, took: number): Told {
  if (deadlineExceeded.is(error)) return took < FAIR_TIME ? "unknown" : "failed";
  return error instanceof Failure ? "unknown" : "failed";
}

/** With its time: what is good but took too long was slow. */
export const outcomeOf = (told: Told, took: number, slowAfter: number): Outcome =>
  told === "good" && took >= slowAfter ? "slow" : told;
