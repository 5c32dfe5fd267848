import { Cancellation } from "../core/cancellation.ts";
import { deadlineExceeded } from "../core/failure.ts";
import { currentContext, newContext, runInContext, type WorkContext } from "../telemetry/context.ts";

/**
 * Does `work` with a deadline of its own, so many milliseconds from now: what it does in a database is broken off then. It is given that
 * deadline for contexts that it makes itself.
 */
export async function withinTime<T>(
  milliseconds: number,
  work: (time: Pick<WorkContext, "deadline" | "cancellation">) => Promise<T>,
): Promise<T> {
  const cancellation = new Cancellation();
  const timer = setTimeout(() => cancellation.cancel(deadlineExceeded.failure()), milliseconds);
  const time = { deadline: performance.now() + milliseconds, cancellation };
  try {
    return await runInContext({ ...(currentContext() ?? newContext()), ...time }, () => work(time));
  } finally {
    clearTimeout(timer);
  }
}
