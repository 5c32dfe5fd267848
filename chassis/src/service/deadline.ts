import { deadlineExceeded } from "../core/failure.ts";

/**
 * Does `work` within `milliseconds` (0: without limit). When the time is over `over` is aborted, and the result is `deadline_exceeded`,
 * whatever the work still does.
 */
export function withinDeadline<T>(milliseconds: number, over: AbortController, work: () => Promise<T>): Promise<T> {
  if (milliseconds === 0) return work();
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      const failure = deadlineExceeded.failure();
      over.abort(failure);
      reject(failure);
    }, milliseconds);
    const end = (): void => clearTimeout(timer);
    work().then(resolve, reject).then(end);
  });
}
