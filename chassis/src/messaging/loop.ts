import { type Backoff, backoffDelay } from "../core/backoff.ts";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../telemetry/log.ts";

/** Work that is repeated until it is stopped. */
export type Loop = {
  /** Begins the next round now, or right after the one under way. While rounds fail, and while the loop rests, it waits for the next one all the same. */
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
  /** Resolves with whether there may be more to do right away; `soon` when that may rest until more has come together. */
  round(): Promise<boolean | "soon">;
};

const afterFailure: Backoff = { first: 100, most: 2_000 };

/** For how many times as long as its round took a loop rests, and at most how many milliseconds. */
const REST = 3;
const LONGEST_REST = 50;

type Pause = { readonly milliseconds: number; readonly endsWhenWoken: boolean };

/**
 * Starts to repeat `round`: at once while there is more, else after `interval` or when woken; after a failure with growing delays. Where the
 * next one may be `soon` it rests three times as long as the round took, at most 50 ms: the busier the machine is, the more comes together
 * for a round, and rounds take a quarter of the time at most.
 */
export function startLoop({ name, clock, log, interval, round }: LoopOptions): Loop {
  let stopped = false;
  let woken = false;
  let failures = 0;
  let endsWhenWoken = true;
  let endPause = () => {};

  async function run(): Promise<void> {
    while (!stopped) {
      woken = false;
      const pause = await attempt();
      endsWhenWoken = pause.endsWhenWoken;
      const skip = pause.milliseconds === 0 || (woken && endsWhenWoken);
      if (!stopped && !skip) await sleep(pause.milliseconds);
    }
  }

  async function attempt(): Promise<Pause> {
    const began = clock.monotonic();
    try {
      const more = await round();
      failures = 0;
      if (more === "soon") {
        const rest = Math.min(LONGEST_REST, REST * (clock.monotonic() - began));
        return { milliseconds: rest, endsWhenWoken: false };
      }
      return { milliseconds: more ? 0 : interval, endsWhenWoken: true };
    } catch (error) {
      failures += 1;
      if (!stopped) log.warn({ err: error, loop: name, failures }, "a round failed and will be tried again");
      return { milliseconds: backoffDelay(afterFailure, failures), endsWhenWoken: false };
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
      if (endsWhenWoken) endPause();
    },
    stop() {
      stopped = true;
      endPause();
      return running;
    },
  };
}
