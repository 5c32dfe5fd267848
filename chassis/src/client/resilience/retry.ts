import { type Call, isIdempotent } from "../../contract/call.ts";
import { type Backoff, backoffDelay } from "../../core/backoff.ts";
import type { Failure } from "../../core/failure/failure.ts";

const MOST_ATTEMPTS = 3;
const backoff: Backoff = { first: 25, most: 1_000 };

/** An attempt that failed. */
export type FailedAttempt = {
  readonly failure: Failure;
  /** Whether anything of the request may have reached the service. */
  readonly sent: boolean;
};

/** What the choice whether to try again depends on. */
export type RetrySituation = FailedAttempt & {
  /** Whether the service does the same for a repeat as for the first: see {@link isRepeatable}. */
  readonly repeatable: boolean;
  /** Counts from 1. */
  readonly attempt: number;
  /** Milliseconds that are left for the call. */
  readonly remaining: number;
  /** Whether there is an instance that was not tried yet. */
  readonly another: boolean;
};

/** Whether a call may be sent twice: by its method, or by its key when its contract honours one. */
export const isRepeatable = (call: Call, key: string | undefined): boolean =>
  isIdempotent(call) || (call.shape.idempotencyKey !== undefined && key !== undefined);

/**
 * Milliseconds to wait before the next attempt; undefined when there is to be none. Only passing failures are tried again,
 * at most twice, and only when a repeat is harmless or nothing was sent. A `Retry-After` is kept unless another instance
 * can be asked. An attempt that could only begin after the deadline is none.
 */
export function waitBeforeRetry(situation: RetrySituation, random: () => number): number | undefined {
  const { failure, sent, repeatable, attempt, remaining, another } = situation;
  if (failure.kind !== "unavailable" || attempt >= MOST_ATTEMPTS) return undefined;
  if (sent && !repeatable) return undefined;
  const asked = another ? 0 : (failure.retryAfter ?? 0) * 1000;
  const wait = Math.max(asked, backoffDelay(backoff, attempt, random));
  return wait < remaining ? wait : undefined;
}
