import type { Cancellation } from "../../core/cancellation.ts";
import { startTimer } from "../../core/clock.ts";
import { deadlineExceeded } from "../../core/failure/failure.ts";
import type { Soon } from "../../core/soon.ts";

/**
 * Does `work` within `milliseconds` (0: without limit). When the time is over the work is cancelled, and the result is
 * `deadline_exceeded`, whatever the work still does.
 */
export function withinDeadline<T>(milliseconds: number, cancellation: Cancellation, work: () => Soon<T>): Promise<T> {
  if (milliseconds === 0) return Promise.try(work);
  return new Promise((resolve, reject) => {
    const working = Promise.resolve(work());
    const cancelTimer = startTimer(milliseconds, () => {
      const failure = deadlineExceeded.failure();
      cancellation.cancel(failure);
      reject(failure);
    });
    working.then(
      (result) => {
        cancelTimer();
        resolve(result);
      },
      (error) => {
        cancelTimer();
        reject(error);
      },
    );
  });
}
