import { newContext, runInContext } from "../../context/context.ts";
import type { Tracer } from "../../context/tracer.ts";
import type { Clock } from "../../core/clock.ts";
import type { Database } from "../../database/database.ts";
import type { Log } from "../../telemetry/log.ts";
import type { AnySaga } from "../definition/saga.ts";
import { createSagaSet } from "../definition/saga-set.ts";
import { createPostgresSagaStore, LEASE } from "../store/postgres-saga-store.ts";
import type { SagaInstance } from "../store/saga-instance.ts";
import { createHeldRuns } from "./held-runs.ts";
import { createRunQueue } from "./run-queue.ts";
import { createRunnerRegistry } from "./runner-registry.ts";
import { createSagaLeases } from "./saga-leases.ts";

export type SagaRunnerOptions = {
  database: Database;
  /** The sagas this service knows. Instances of others are left to the processes that know them. */
  sagas: readonly AnySaga[];
  clock: Clock;
  log: Log;
  /** Takes the spans of the steps. Default: nobody does. */
  tracer?: Tracer | undefined;
  /** Names this process among all that ever ran, e.g. by a new id; the same as that of `createStartSaga`. */
  owner: string;
  /**
   * The most instances that run at once. Default 100. Those that have been at one step for a second or more leave their place to others,
   * up to as many again.
   */
  concurrency?: number;
  /** Milliseconds between looks for instances that are due or were abandoned. Default 1,000. */
  pollInterval?: number;
  /**
   * Milliseconds after which a due instance that no live process knows is parked. Default 10,000. A process lives until it has said nothing
   * for six times as long: it may be starting again.
   */
  unknownAfter?: number;
  /** Called whenever an instance has come to its end here. Must not throw. */
  onEnd?: (instance: SagaInstance) => void;
  /** Called with each instance as it is at its end here, or parked. Must not throw. */
  onFinal?: (instance: SagaInstance) => void;
};

/** Runs a service's sagas in this process; any number of processes share the work. */
export interface SagaRunner {
  /** Runs an instance that is leased to this process, as soon as the runner has started and has a free place. */
  run(instance: SagaInstance): void;
  /** Whether one more would be run soon: what there is no room for is better left to other processes. */
  hasRoom(): boolean;
  /** Begins to run what was handed over, what is due, and what other processes have abandoned. */
  start(): void;
  /** Looks for due instances now. */
  wake(): void;
  /** Interrupts what is under way and gives it back: any other process can go on at once. */
  stop(): Promise<void>;
}

/** Makes the runner of a service's sagas. */
export function createSagaRunner(options: SagaRunnerOptions): SagaRunner {
  const { clock, log, tracer, concurrency = 100, pollInterval = 1_000, unknownAfter = 10_000 } = options;
  const sagas = createSagaSet(options.sagas);
  const store = createPostgresSagaStore({ ...options, sagas });
  const leases = createSagaLeases(store, log, clock);
  const registry = createRunnerRegistry({ ...options, sagas, patience: unknownAfter });
  const runHeld = createHeldRuns({ ...options, store, sagas, leases, onSuspectEnd: () => wakeUp.abort() });
  const stopping = new AbortController();
  const queue = createRunQueue({ concurrency, run: runHeld.run, onFree: wakeForMore, now: () => clock.monotonic() });
  let loops: Promise<unknown> = Promise.resolve();
  let wakeUp = new AbortController();
  let moreIsDue = false;
  let stopped = false;

  function run(instance: SagaInstance): void {
    queue.add(leases.hold(instance));
    if (stopped) void leases.giveBack();
  }

  async function claimDue(): Promise<void> {
    wakeUp = new AbortController();
    queue.passSlow();
    const free = queue.free();
    const claimed = free > 0 ? await store.claim(free, { suspects: !runHeld.hasSuspect() }) : [];
    moreIsDue = claimed.length >= Math.max(0, free);
    for (const instance of claimed) run(instance);
  }

  /** Not at every free place: instances are claimed in batches. */
  function wakeForMore(): void {
    if (moreIsDue && queue.free() >= concurrency / 2) wakeUp.abort();
  }

  async function live(): Promise<void> {
    await Promise.all([leases.renew(), registry.seen()]);
  }

  async function repeat(interval: number, round: () => Promise<void>, woken: () => AbortSignal[]): Promise<void> {
    while (!stopping.signal.aborted) {
      await runInContext(newContext({ tracer }), round).catch((error: unknown) => {
        log.warn({ err: error }, "the saga runner could not reach its database");
      });
      await clock.sleep(interval, AbortSignal.any([stopping.signal, ...woken()])).catch(() => {});
    }
  }

  return {
    run,
    hasRoom: () => queue.free() > -concurrency,
    wake: () => wakeUp.abort(),
    start() {
      queue.start();
      const claiming = repeat(pollInterval, claimDue, () => [wakeUp.signal]);
      const looking = repeat(unknownAfter * 0.4, registry.parkUnknown, () => []);
      loops = Promise.all([claiming, looking, repeat(LEASE / 4, live, () => [])]);
    },
    async stop() {
      stopping.abort();
      leases.interrupt();
      await Promise.all([loops, queue.stop()]);
      stopped = true;
      await leases.giveBack();
    },
  };
}
