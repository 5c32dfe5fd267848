import { type Backoff, backoffDelay } from "../core/backoff.ts";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../telemetry/log.ts";

const backoff: Backoff = { first: 250, most: 5_000 };

/**
 * Does `look` again and again until `signal` is aborted. It returns how many milliseconds to wait until the next look; when it throws, the
 * wait grows from one failure to the next, up to 5 s, with full jitter. The first failure after a success is logged, and so is the end.
 */
export async function keepLooking(
  subject: string,
  look: () => Promise<number>,
  { signal, log, clock, random }: { signal: AbortSignal; log: Log; clock: Clock; random: () => number },
): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    let wait: number;
    try {
      wait = await look();
      if (failures > 0) log.info({ subject }, "the registry answers again");
      failures = 0;
    } catch (error) {
      if (signal.aborted) return;
      failures += 1;
      if (failures === 1) log.warn({ err: error, subject }, "the registry fails: what was known last is kept");
      // Never at once: a registry that fails is not to be asked in a circle.
      wait = Math.max(20, backoffDelay(backoff, Math.min(failures, 20), random));
    }
    await clock.sleep(wait, signal).catch(() => {});
  }
}
