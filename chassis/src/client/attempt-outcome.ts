import { deadlineExceeded, type Failure } from "../core/failure.ts";
import type { Outcome } from "./instance.ts";

/** Who had less time than this and got no answer in it can't blame the instance. */
const FAIR_TIME = 250;

/** An attempt that has ended. */
export type EndedAttempt = {
  /** Undefined: there was a reply. */
  readonly failure: Failure | undefined;
  /** Milliseconds that it took, and after how many it counts as slow. */
  readonly took: number;
  readonly slowAfter: number;
  /** Whether the caller had left. */
  readonly callerLeft: boolean;
};

/**
 * What an attempt tells of the instance. A refusal is an answer as good as any. Nothing is told by an instance that says it has too much to
 * do: it is well, and what is asked of the others grows when it is left out.
 */
export function outcomeOf({ failure, took, slowAfter, callerLeft }: EndedAttempt): Outcome {
  if (failure === undefined || failure.kind === "refused") return took < slowAfter ? "good" : "slow";
  if (failure.kind === "bug") return "failed";
  if (callerLeft) return "unknown";
  const { status, retryAfter } = failure;
  if (status === 429 || (status === 503 && retryAfter !== undefined)) return "unknown";
  return deadlineExceeded.is(failure) && took < FAIR_TIME ? "unknown" : "failed";
}
