import type { Clock } from "../core/clock.ts";
import type { Database } from "../database/database.ts";
import { newContext, runInContext } from "../telemetry/context.ts";
import type { Log } from "../telemetry/log.ts";
import { createPostgresSagaStore, LEASE } from "./postgres-saga-store.ts";
import { runSaga } from "./run-saga.ts";
import type { AnySaga } from "./saga.ts";
import type { SagaInstance } from "./saga-instance.ts";
import { LeaseLost } from "./saga-store.ts";
import { sagaContext } from "./step-attempt.ts";

export type SagaRunnerOptions = {
  database: Database;
  /** The sagas this service knows. Instances of others are parked. */
  sagas: readonly AnySaga[];
  clock: Clock;
  log: Log;
  /** Names this process among all that ever ran, e.g. by a new id; the same as that of `createStartSaga`. */
  owner: string;
  /** The most instances that run at once. Default 100. */
  concurrency?: number;
  /** Milliseconds between looks for instances that are due or were abandoned. Default 1,000. */
  pollInterval?: number;
};

/** Runs a service's sagas in this process; any number of processes share the work. */
export interface SagaRunner {
  /** Runs an instance that is leased to this process, as soon as the runner has started and has a free place. */
  run(instance: SagaInstance): void;
  /** Begins to run what was handed over, what is due, and what other processes have abandoned. */
  start(): void;
  /** Looks for due instances now. */
  wake(): void;
  /** Interrupts what is under way and gives it back: any other process can go on at once. */
  stop(): Promise<void>;
}

type Held = { readonly instance: SagaInstance; readonly lost: AbortController };

/** Makes the runner of a service's sagas. */
export function createSagaRunner(options: SagaRunnerOptions): SagaRunner {
  const { clock, log, concurrency = 100, pollInterval = 1_000 } = options;
  const store = createPostgresSagaStore(options);
  const surroundings = { store, clock, log, random: Math.random };
  const sagas = new Map(options.sagas.map((saga) => [saga.name, saga]));
  const stopping = new AbortController();
  const held = new Map<string, Held>();
  const waiting: Held[] = [];
  const runs = new Set<Promise<void>>();
  const loops: Promise<void>[] = [];
  let wakeUp = new AbortController();
  let moreIsDue = false;
  let stopped = false;

  function hold(instance: SagaInstance): void {
    // It was claimed again because this process lost its lease without noticing.
    held.get(instance.id)?.lost.abort();
    const holding: Held = { instance, lost: new AbortController() };
    held.set(instance.id, holding);
    waiting.push(holding);
    if (stopped) void giveBack();
    else if (loops.length > 0) fillPlaces();
  }

  function fillPlaces(): void {
    while (runs.size < concurrency && !stopping.signal.aborted) {
      const holding = waiting.shift();
      if (!holding) break;
      const run = runHeld(holding).finally(() => {
        runs.delete(run);
        fillPlaces();
      });
      runs.add(run);
    }
    // Not at every free place: instances are claimed in batches.
    if (moreIsDue && runs.size <= concurrency / 2) wakeUp.abort();
  }

  async function runHeld(holding: Held): Promise<void> {
    const { instance, lost } = holding;
    const signal = AbortSignal.any([stopping.signal, lost.signal]);
    const forget = () => {
      if (held.get(instance.id) === holding) held.delete(instance.id);
    };
    await runInContext(sagaContext(instance), async () => {
      try {
        if ((await runSaga(instance, sagas.get(instance.name), surroundings, signal)) !== "interrupted") forget();
      } catch (error) {
        forget();
        const fields = { err: error, saga: instance.name, key: instance.key };
        if (error instanceof LeaseLost) log.info(fields, "a saga was taken over by another process");
        else log.error(fields, "a saga could not go on here; it is taken up again when its lease has run out");
      }
    });
  }

  async function claimDue(): Promise<void> {
    const places = concurrency - runs.size - waiting.length;
    moreIsDue = places <= 0;
    if (moreIsDue) return;
    const claimed = await store.claim(places);
    moreIsDue = claimed.length === places;
    for (const instance of claimed) hold(instance);
  }

  async function renewLeases(): Promise<void> {
    const before = [...held];
    if (before.length === 0) return;
    const kept = new Set(await store.renew(before.map(([id]) => id)));
    for (const [id, holding] of before) {
      if (kept.has(id) || held.get(id) !== holding) continue;
      held.delete(id);
      holding.lost.abort();
    }
  }

  async function repeat(interval: number, round: () => Promise<void>, isWoken: boolean): Promise<void> {
    while (!stopping.signal.aborted) {
      if (isWoken) wakeUp = new AbortController();
      await runInContext(newContext(), round).catch((error: unknown) => {
        log.warn({ err: error }, "the saga runner could not reach its database");
      });
      const signal = isWoken ? AbortSignal.any([stopping.signal, wakeUp.signal]) : stopping.signal;
      await clock.sleep(interval, signal).catch(() => {});
    }
  }

  async function giveBack(): Promise<void> {
    const ids = [...held.keys()];
    held.clear();
    waiting.length = 0;
    if (ids.length === 0) return;
    await store.release(ids).catch((error: unknown) => {
      log.warn({ err: error }, "sagas could not be handed over; others take them over when their leases have run out");
    });
  }

  return {
    run: hold,
    wake: () => wakeUp.abort(),
    start() {
      loops.push(repeat(pollInterval, claimDue, true), repeat(LEASE / 4, renewLeases, false));
      fillPlaces();
    },
    async stop() {
      stopping.abort();
      await Promise.all([...loops, ...runs]);
      stopped = true;
      await giveBack();
    },
  };
}
