import { type Backoff, backoffDelay } from "../core/backoff.ts";
import type { Clock } from "../core/clock.ts";
import type { Child } from "./child.ts";

/** What the supervisor hears of a process that it keeps running. */
export type SlotEvents = {
  starting(): void;
  ready(instance: { pid: number; url: string }): void;
  /** It is about to end and wants no more work. */
  draining(): void;
  /** It ended by itself, and is started again after `milliseconds`. */
  ended(how: string, milliseconds: number): void;
};

/** A place in which a process runs; when it ends another one follows. */
export type Slot = {
  /** Resolves when a process is ready for the first time; rejects when the first three end before that. */
  readonly firstReady: Promise<void>;
  /** Resolves when a process has found those whom it calls for the first time; rejects when it is stopped before. */
  readonly firstFound: Promise<void>;
  /** The process that runs right now. */
  current(): Child | undefined;
  /** Ends the process by draining it, and starts none again. Resolves when it has let go of everything. */
  drain(): Promise<void>;
  /** As `drain`, and resolves when it has ended. */
  stop(): Promise<void>;
  /** Ends the process at once, and starts none again. */
  kill(): void;
};

const backoff: Backoff = { first: 200, most: 10_000 };
const READY_WITHIN = 60_000;
/** A process that was ready for this long was well: the next failure counts as the first again. */
const WELL_AFTER = 10_000;
const GIVE_UP_AFTER = 3;

/**
 * Keeps a process running until it is stopped: one that ends, or is not ready within a minute, is followed by another. One that was well and
 * ended because somebody asked it to is followed at once, the others after waits that grow.
 */
export function keepRunning(start: () => Promise<Child>, events: SlotEvents, clock: Clock): Slot {
  const stopping = new AbortController();
  const first = Promise.withResolvers<void>();
  const found = Promise.withResolvers<void>();
  for (const { promise } of [first, found]) promise.catch(() => {});
  let child: Child | undefined;

  async function runOnce(): Promise<{ how: string; wasWell: boolean; asked: boolean }> {
    try {
      child = await start();
    } catch (error) {
      return { how: (error as Error).message, wasWell: false, asked: false };
    }
    if (stopping.signal.aborted) child.kill();
    const overdue = new AbortController();
    void clock.sleep(READY_WITHIN, overdue.signal).then(child.kill, () => {});
    const url = await child.ready;
    overdue.abort();
    const readyAt = clock.monotonic();
    if (url !== undefined) {
      events.ready({ pid: child.pid, url });
      first.resolve();
      void child.found.then(found.resolve);
      void child.draining.then(events.draining);
    }
    const { how, asked } = await child.ended;
    child = undefined;
    const wasReady = url !== undefined;
    return { how, wasWell: wasReady && clock.monotonic() - readyAt >= WELL_AFTER, asked: wasReady && asked };
  }

  async function run(): Promise<void> {
    for (let failures = 1; !stopping.signal.aborted; failures++) {
      events.starting();
      const { how, wasWell, asked } = await runOnce();
      if (stopping.signal.aborted) return;
      if (wasWell || asked) failures = asked ? 0 : 1;
      if (failures >= GIVE_UP_AFTER) first.reject(new Error(how));
      const wait = asked ? 0 : backoffDelay(backoff, failures);
      events.ended(how, wait);
      await clock.sleep(wait, stopping.signal).catch(() => {});
    }
  }

  const running = run();
  let ending: Promise<void> | undefined;

  async function end(): Promise<void> {
    stopping.abort();
    for (const { reject } of [first, found]) reject(new Error("was stopped"));
    await child?.stop();
    await running;
  }

  const stop = () => (ending ??= end());
  return {
    firstReady: first.promise,
    firstFound: found.promise,
    current: () => child,
    kill() {
      stopping.abort();
      child?.kill();
    },
    stop,
    async drain() {
      const { stopped } = child ?? {};
      await Promise.race([stop(), ...(stopped ? [stopped] : [])]);
    },
  };
}
