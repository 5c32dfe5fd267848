import { deadlineExceeded } from "../core/failure.ts";
import { currentContext, newContext, runInContext, type WorkContext } from "../telemetry/context.ts";

/**
 * Does `work` with a deadline of its own, so many milliseconds from now: what it does in a database is broken off then. It is given that
 * deadline for contexts that it makes itself.
 */
export async function withinTime<T>(
  milliseconds: number,
  work: (time: Pick<WorkContext, "deadline" | "signal">) => Promise<T>,
): Promise<T> {
  const over = new AbortController();
  const timer = setTimeout(() => over.abort(deadlineExceeded.failure()), milliseconds);
  const time = { deadline: performance.now() + milliseconds, signal: over.signal };
  try {
    return await runInContext({ ...(currentContext() ?? newContext()), ...time }, () => work(time));
  } finally {
    clearTimeout(timer);
  }
}
