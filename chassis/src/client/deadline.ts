import type { Clock } from "../core/clock.ts";
import { deadlineExceeded, Failure, unavailable } from "../core/failure.ts";
import type { WorkContext } from "../telemetry/context.ts";

/** The longest a call waits when nobody says otherwise. */
const LONGEST_DEFAULT = 10_000;

/** The time a call has, over all its attempts. */
export type Deadline = {
  /** Why there is no more time: it is over, or the caller went away. Undefined while there is. */
  over(): Failure | undefined;
  /** Calls `listener` when it is over, unless the function that it returns was called before. One listens at a time. */
  onOver(listener: (why: Failure) => void): () => void;
  /** Aborted when it is over, with the reason; made for those who ask for it, since it costs more than all the rest. */
  signal(): AbortSignal;
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

  let why: Failure | undefined;
  let listening: ((why: Failure) => void) | undefined;
  let controller: AbortController | undefined;
  const isOver = (failure: Failure): void => {
    if (why) return;
    why = failure;
    controller?.abort(failure);
    listening?.(failure);
  };
  const leave = (): void => isOver(callerLeft(caller as AbortSignal));
  caller?.addEventListener("abort", leave, { once: true });
  const cancel = clock.after(end - begin, () => isOver(deadlineExceeded.failure()));
  return {
    over: () => why,
    onOver(listener) {
      listening = listener;
      return () => {
        listening = undefined;
      };
    },
    signal() {
      controller ??= new AbortController();
      if (why) controller.abort(why);
      return controller.signal;
    },
    remaining: () => end - clock.monotonic(),
    callerLeft: () => why !== undefined && !deadlineExceeded.is(why),
    close() {
      cancel();
      caller?.removeEventListener("abort", leave);
    },
  };
}

const callerLeft = (signal: AbortSignal): Failure =>
  signal.reason instanceof Failure ? signal.reason : unavailable.failure({ cause: signal.reason });
