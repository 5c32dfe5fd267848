import { currentContext, newContext, runInContext } from "../context/context.ts";
import { Cancellation } from "../core/cancellation.ts";
import { startTimer } from "../core/clock.ts";
import { deadlineExceeded } from "../core/failure/failure.ts";

/**
 * Does `work` with a deadline of its own, so many milliseconds from now: then it fails with `deadline_exceeded`, whether or not it returns, and
 * what it does in a database is broken off.
 */
export async function withinTime<T>(milliseconds: number, work: () => Promise<T>): Promise<T> {
  const cancellation = new Cancellation();
  const { promise: over, reject } = Promise.withResolvers<never>();
  cancellation.listen(reject);
  const cancelTimer = startTimer(milliseconds, () => cancellation.cancel(deadlineExceeded.failure()));
  const time = { deadline: performance.now() + milliseconds, cancellation };
  try {
    return await Promise.race([runInContext({ ...(currentContext() ?? newContext()), ...time }, work), over]);
  } finally {
    cancelTimer();
  }
}
