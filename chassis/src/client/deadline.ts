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
  if (end <= begin) throw deadlineExceeded.failure();
  if (context?.signal?.aborted) throw callerLeft(context.signal);

  const over = new AbortController();
  const watch = new AbortController();
  const leave = () => over.abort(callerLeft(context?.signal as AbortSignal));
  context?.signal?.addEventListener("abort", leave, { once: true });
  clock.sleep(end - begin, watch.signal).then(
    () => over.abort(deadlineExceeded.failure()),
    () => {}, // the call ended first
  );
  return {
    signal: over.signal,
    remaining: () => end - clock.monotonic(),
    close() {
      watch.abort();
      context?.signal?.removeEventListener("abort", leave);
    },
  };
}

const callerLeft = (signal: AbortSignal): Failure =>
  signal.reason instanceof Failure ? signal.reason : unavailable.failure({ cause: signal.reason });
