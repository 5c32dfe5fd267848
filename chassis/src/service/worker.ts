import { newContext, runInContext } from "../context/context.ts";
import type { Tracer } from "../context/tracer.ts";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../telemetry/log.ts";
import { inSpanUnlessIdle } from "../telemetry/tracing/span-unless-idle.ts";

/** Work in the background that looks for something to do: at an interval, and at once when woken. */
export type Worker = {
  readonly name: string;
  /** Looks now instead of at the next interval; called after a commit that left something to do. */
  wake(): void;
  start(surroundings: WorkerSurroundings): void;
  /**
   * Looks now and again until there is nothing more to do, after the round that is under way. Rejects with what a round throws. For tests:
   * elsewhere `wake` is enough.
   */
  run(): Promise<void>;
  /** Aborts the signal and resolves when the round under way has ended. */
  stop(): Promise<void>;
};

/** What a worker needs around it. */
export type WorkerSurroundings = { clock: Clock; log: Log; tracer?: Tracer };

/**
 * A worker that calls `round` every `interval` milliseconds, one round at a time, and again at once while it returns true
 * ("there is more"). A round that throws is logged and tried again after the interval.
 */
export function worker(
  name: string,
  interval: number,
  round: (signal: AbortSignal) => Promise<boolean | void>,
): Worker {
  const stopping = new AbortController();
  let wakeUp: AbortController = new AbortController();
  let running: Promise<void> = Promise.resolve();
  let turn: Promise<unknown> = Promise.resolve();

  /** One round at a time, whoever asks for it. */
  function next(): Promise<boolean | void> {
    const result = turn.then(() => round(stopping.signal));
    turn = result.catch(() => {});
    return result;
  }

  async function loop({ clock, log, tracer }: WorkerSurroundings): Promise<void> {
    const once = () => inSpanUnlessIdle(`worker ${name}`, next);
    while (!stopping.signal.aborted) {
      wakeUp = new AbortController();
      const more = await runInContext(newContext({ tracer }), once).catch((error: unknown) => {
        if (!stopping.signal.aborted) log.warn({ err: error, worker: name }, "a worker's round failed");
        return false;
      });
      if (more) continue;
      await clock.sleep(interval, AbortSignal.any([wakeUp.signal, stopping.signal])).catch(() => {});
    }
  }

  return {
    name,
    wake: () => wakeUp.abort(),
    start(surroundings) {
      running = loop(surroundings);
    },
    async run() {
      while (!stopping.signal.aborted && (await next()));
    },
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
