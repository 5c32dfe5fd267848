import { deadlineExceeded } from "../core/failure.ts";

/**
 * Does `work` within `milliseconds` (0: without limit). The signal is aborted when the time is over or `leaving` is aborted;
 * at the deadline the result is `deadline_exceeded`, whatever the work still does.
 */
export async function withinDeadline<T>(
  milliseconds: number,
  leaving: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  if (milliseconds === 0) return work(leaving);
  const over = new AbortController();
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const failure = deadlineExceeded.failure();
    over.abort(failure);
    reject(failure);
  }, milliseconds);
  const onLeave = () => over.abort(leaving.reason);
  leaving.addEventListener("abort", onLeave, { once: true });
  try {
    return await Promise.race([work(over.signal), late]);
  } finally {
    clearTimeout(timer);
    leaving.removeEventListener("abort", onLeave);
  }
}
