import type { Clock } from "../../../core/clock.ts";
import { unavailable } from "../../../core/failure/failure.ts";

/**
 * Waits for `work`, but no longer than so many milliseconds: then `onLate` is called and `unavailable` is thrown. A node that has lost one of
 * its queues for a while answers nothing on channels that have to do with it, and says so to nobody.
 */
export async function answerWithin<T>(
  clock: Clock,
  milliseconds: number,
  work: Promise<T>,
  onLate: () => void,
): Promise<T> {
  const done = new AbortController();
  const late = clock.sleep(milliseconds, done.signal).then(
    () => {
      onLate();
      throw unavailable.failure({ cause: new Error(`RabbitMQ answered nothing within ${milliseconds} ms`) });
    },
    () => work,
  );
  try {
    return await Promise.race([work, late]);
  } finally {
    done.abort();
  }
}
