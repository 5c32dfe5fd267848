import { Cancellation } from "../../core/cancellation.ts";
import type { Clock } from "../../core/clock.ts";
import { deadlineExceeded, unavailable } from "../../core/failure/failure.ts";
import { errorFrom } from "../../core/failure/thrown.ts";
import { CANCELLED_GRACE } from "../definition/step-times.ts";

/** One attempt at work in our own database, which may be run more than once until it is committed. */
export interface LocalAttempt {
  /** Cancelled when the time of the work is over, or some time after the process has begun to stop. */
  readonly cancellation: Cancellation;
  /** Runs the work. Rejects with what it throws, as an error, and when it is cancelled. */
  run<T>(work: () => Promise<T>): Promise<T>;
  /** Whether the work itself has failed, or has not returned although its transaction is over: the database is not to blame. */
  hasFailed(): boolean;
  /** That the work took too long, if that is so. */
  tooLong(): Error | undefined;
  close(): void;
}

/** All runs of the work together have `timeout` milliseconds; what else its transaction waits for does not count. */
export function createLocalAttempt(
  { clock, signal }: { clock: Clock; signal: AbortSignal },
  timeout: number,
): LocalAttempt {
  const cancellation = new Cancellation();
  let left = timeout;
  let lastRun = 0;
  let state: "at rest" | "at work" | "failed" = "at rest";
  let cancelStop = () => {};
  const cancel = () => cancellation.cancel(unavailable.failure({ cause: signal.reason }));
  const stop = () => {
    cancelStop = clock.after(CANCELLED_GRACE, cancel);
  };
  if (signal.aborted) stop();
  signal.addEventListener("abort", stop);

  function startTime(): () => void {
    const begun = clock.monotonic();
    const cancelTimer = clock.after(Math.max(0, left), () => cancellation.cancel(deadlineExceeded.failure()));
    return () => {
      cancelTimer();
      left -= clock.monotonic() - begun;
    };
  }

  return {
    cancellation,
    async run(work) {
      const number = ++lastRun;
      const endTime = startTime();
      const become = (next: typeof state) => {
        if (number === lastRun) state = next;
      };
      become("at work");
      try {
        const result = await untilCancelled(work(), cancellation);
        become("at rest");
        return result;
      } catch (thrown) {
        become("failed");
        throw errorFrom(thrown);
      } finally {
        endTime();
      }
    },
    hasFailed: () => state !== "at rest",
    tooLong() {
      const isLate = deadlineExceeded.is(cancellation.why) || state === "at work";
      return isLate ? new Error(`it did not return within its ${timeout} milliseconds, or held up others`) : undefined;
    },
    close() {
      cancelStop();
      signal.removeEventListener("abort", stop);
    },
  };
}

function untilCancelled<T>(work: Promise<T>, cancellation: Cancellation): Promise<T> {
  return new Promise((resolve, reject) => {
    work.then(resolve, reject);
    if (cancellation.why) reject(cancellation.why);
    cancellation.listen(reject);
  });
}
