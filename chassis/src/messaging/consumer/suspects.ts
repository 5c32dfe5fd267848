import type { Clock } from "../../core/clock.ts";
import { refusal } from "../../core/failure/failure.ts";
import type { Database } from "../../database/database.ts";
import type { Log } from "../../telemetry/log.ts";
import { noteBegun, noteEnded } from "./begun-attempts-store.ts";

/** Handling the message ends the process, so another attempt would end another process. */
export const processEnded = refusal("process_ended", 422, "Its process ended each time while it was handled");

/** Handles messages one at a time whose earlier delivery may have ended its process. */
export type Suspects = <T>(messageId: string, work: () => Promise<T>) => Promise<T>;

/** So many attempts may end their process. They are counted from the second on: nothing was written down about the first. */
const MOST_ENDED = 3;

/** Milliseconds that a suspect waits for the one before it: what takes longer is not likely to end the process any more, but may hang. */
const TURN = 1_000;

/**
 * Makes the handling of suspects. Each attempt is written down before it begins and forgotten when it has ended, so of those that were under
 * way when a process died only one counts. Throws `process_ended` for a message with three such attempts.
 */
export function createSuspects(options: { database: Database; consumer: string; clock: Clock; log: Log }): Suspects {
  const { database, consumer, clock, log } = options;
  let last: Promise<unknown> = Promise.resolve();

  async function attempt<T>(messageId: string, work: () => Promise<T>): Promise<T> {
    const ended = await noteBegun(database, consumer, messageId);
    try {
      if (ended >= MOST_ENDED) throw processEnded.failure({ cause: new Error(`${ended} attempts never ended`) });
      return await work();
    } finally {
      await noteEnded(database, consumer, messageId).catch((err: unknown) =>
        log.warn({ err, messageId }, "an attempt that ended counts as one that did not"),
      );
    }
  }

  return async (messageId, work) => {
    const before = last;
    const { promise, resolve } = Promise.withResolvers<void>();
    last = promise;
    const waited = new AbortController();
    await Promise.race([before, clock.sleep(TURN, waited.signal).catch(() => {})]);
    waited.abort();
    return attempt(messageId, work).finally(resolve);
  };
}
