import { type Backoff, backoffDelay } from "../core/backoff.ts";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../telemetry/log.ts";

/** Work that is repeated until it is stopped. */
export type Loop = {
  /** Begins the next round now, or right after the one under way. While rounds fail it waits for the next attempt all the same. */
  wake(): void;
  /** Whether the last round failed. */
  failing(): boolean;
  /** Begins no more rounds; resolves when the one under way has ended. */
  stop(): Promise<void>;
};

export type LoopOptions = {
  /** What the log calls it. */
  name: string;
  clock: Clock;
  log: Log;
  /** Milliseconds between rounds that found nothing. */
  interval: number;
  /** Resolves with whether there may be more to do right away. */
  round(): Promise<boolean>;
};

const afterFailure: Backoff = { first: 100, most: 2_000 };

/** Starts to repeat `round`: at once while there is more, else after `interval` or when woken; after a failure with growing delays. */
export function startLoop({ name, clock, log, interval, round }: LoopOptions): Loop {
  let stopped = false;
  let woken = false;
  let failures = 0;
  let endPause = () => {};

  async function run(): Promise<void> {
    while (!stopped) {
      woken = false;
      const milliseconds = await attempt();
      const skip = milliseconds === 0 || (woken && failures === 0);
      if (!stopped && !skip) await sleep(milliseconds);
    }
  }

  /** Resolves with the milliseconds until the next round. */
  async function attempt(): Promise<number> {
    try {
      const more = await round();
      failures = 0;
      return more ? 0 : interval;
    } catch (error) {
      failures += 1;
      if (!stopped) log.warn({ err: error, loop: name, failures }, "a round failed and will be tried again");
      return backoffDelay(afterFailure, failures);
    }
  }

  async function sleep(milliseconds: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = clock.after(milliseconds, resolve);
    endPause = resolve;
    await promise;
    cancel();
  }

  const running = run();
  return {
    failing: () => failures > 0,
    wake() {
      woken = true;
      if (failures === 0) endPause();
    },
    stop() {
      stopped = true;
      endPause();
      return running;
    },
  };
}
