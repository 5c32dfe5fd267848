import type { WorkContext } from "../context/context.ts";
import { Cancellation } from "../core/cancellation.ts";
import type { Clock } from "../core/clock.ts";
import { deadlineExceeded, type Failure } from "../core/failure/failure.ts";

/** The longest a call waits when nobody says otherwise. */
const LONGEST_DEFAULT = 10_000;

/** The time a call has, over all its attempts. */
export type Deadline = {
  /** Tells when it is over, or the caller went away. */
  readonly ending: Cancellation;
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
  const caller = context?.cancellation;
  if (end <= begin) throw deadlineExceeded.failure();
  if (caller?.why) throw caller.why;

  const ending = new Cancellation();
  const leave = (why: Failure): void => ending.cancel(why);
  caller?.listen(leave);
  const cancelTimer = clock.after(end - begin, () => ending.cancel(deadlineExceeded.failure()));
  return {
    ending,
    remaining: () => end - clock.monotonic(),
    callerLeft: () => ending.why !== undefined && !deadlineExceeded.is(ending.why),
    close() {
      cancelTimer();
      caller?.forget(leave);
    },
  };
}
