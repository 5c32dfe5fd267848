import type { Clock } from "../core/clock.ts";
import type { Database } from "../database/database.ts";
import { newContext, runInContext } from "../telemetry/context.ts";
import type { Log } from "../telemetry/log.ts";
import type { Tracer } from "../telemetry/tracer.ts";
import { createPostgresSagaStore, LEASE } from "./postgres-saga-store.ts";
import { createRunQueue } from "./run-queue.ts";
import { runSaga } from "./run-saga.ts";
import type { AnySaga } from "./saga.ts";
import type { SagaInstance } from "./saga-instance.ts";
import { createSagaLeases, type Holding } from "./saga-leases.ts";
import { createSagaSet } from "./saga-set.ts";
import { LeaseLost } from "./saga-store.ts";
import { sagaContext } from "./step-attempt.ts";

export type SagaRunnerOptions = {
  database: Database;
  /** The sagas this service knows. Instances of others are parked. */
  sagas: readonly AnySaga[];
  clock: Clock;
  log: Log;
  /** Takes the spans of the steps. Default: nobody does. */
  tracer?: Tracer | undefined;
  /** Names this process among all that ever ran, e.g. by a new id; the same as that of `createStartSaga`. */
  owner: string;
  /** The most instances that run at once. Default 100. */
  concurrency?: number;
  /** Milliseconds between looks for instances that are due or were abandoned. Default 1,000. */
  pollInterval?: number;
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
  const { clock, log, tracer, concurrency = 100, pollInterval = 1_000 } = options;
  const store = createPostgresSagaStore(options);
  const leases = createSagaLeases(store, log);
  const sagas = createSagaSet(options.sagas);
  const stopping = new AbortController();
  const queue = createRunQueue({ concurrency, run: runHeld, onFree: wakeForMore });
  const surroundings = { store, clock, log, random: Math.random, onFinal: options.onFinal };
  let loops: Promise<unknown> = Promise.resolve();
  let wakeUp = new AbortController();
  let moreIsDue = false;
  let stopped = false;

  function run(instance: SagaInstance): void {
    queue.add(leases.hold(instance));
    if (stopped) void leases.giveBack();
  }

  async function runHeld(holding: Holding): Promise<void> {
    const { instance, lost } = holding;
    const saga = sagas.find(instance.name, instance.version);
    const end = await runInContext(sagaContext(instance, tracer), () =>
      runSaga(instance, saga, surroundings, lost.signal).catch((error) => logLoss(log, instance, error)),
    );
    // What was interrupted is given back when everything has come to rest.
    if (end !== "interrupted") leases.letGo(holding);
    if (end === "ended") options.onEnd?.(instance);
  }

  async function claimDue(): Promise<void> {
    wakeUp = new AbortController();
    const free = queue.free();
    const claimed = free > 0 ? await store.claim(free) : [];
    moreIsDue = claimed.length === Math.max(0, free);
    for (const instance of claimed) run(instance);
  }

  /** Not at every free place: instances are claimed in batches. */
  function wakeForMore(): void {
    if (moreIsDue && queue.free() >= concurrency / 2) wakeUp.abort();
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
      loops = Promise.all([claiming, repeat(LEASE / 4, leases.renew, () => [])]);
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

function logLoss(log: Log, { id, name, key }: SagaInstance, error: unknown): void {
  const fields = { err: error, saga: name, key, sagaId: id };
  if (error instanceof LeaseLost) log.info(fields, "a saga was taken over by another process");
  else log.error(fields, "a saga could not go on here; it is taken up again when its lease has run out");
}
