import type { Clock } from "../core/clock.ts";
import { deadlineExceeded, Failure, unavailable } from "../core/failure.ts";
import type { WorkContext } from "../telemetry/context.ts";

/** The longest a call waits when nobody says otherwise. */
const LONGEST_DEFAULT = 10_000;

/** The time a call has, over all its attempts. */
export type Deadline = {
  /** Aborted when the time is over or the caller went away; its reason is the {@link Failure} that tells so. */
  readonly signal: AbortSignal;
  /** Milliseconds left; 0 or less when it is over. */
  remaining(): number;
  /** Whether nobody waits for the answer any more. */
  callerLeft(): boolean;
  /** Ends the watch. */
  close(): void;
};

/**
 * Starts the time of a call: `timeout`, or else at most 10 seconds, and never longer than the work in `context` itself has.
 * Throws `deadline_exceeded` when that is over already, and `unavailable` when the caller is gone.
 */
export function startDeadline(clock: Clock, context: WorkContext | undefined, timeout = LONGEST_DEFAULT): Deadline {
  const begin = clock.monotonic();
  const end = Math.min(begin + timeout, context?.deadline ?? Number.POSITIVE_INFINITY);
  const caller = context?.signal;
  if (end <= begin) throw deadlineExceeded.failure();
  if (caller?.aborted) throw callerLeft(caller);

  const over = new AbortController();
  let left = false;
  const leave = () => {
    const failure = callerLeft(caller as AbortSignal);
    left = !deadlineExceeded.is(failure);
    over.abort(failure);
  };
  caller?.addEventListener("abort", leave, { once: true });
  const cancel = clock.after(end - begin, () => over.abort(deadlineExceeded.failure()));
  return {
    signal: over.signal,
    remaining: () => end - clock.monotonic(),
    callerLeft: () => left,
    close() {
      cancel();
      caller?.removeEventListener("abort", leave);
    },
  };
}

const callerLeft = (signal: AbortSignal): Failure =>
  signal.reason instanceof Failure ? signal.reason : unavailable.failure({ cause: signal.reason });
