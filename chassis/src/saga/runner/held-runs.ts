import { runInContext } from "../../context/context.ts";
import type { Tracer } from "../../context/tracer.ts";
import type { Clock } from "../../core/clock.ts";
import type { Log } from "../../telemetry/log.ts";
import type { SagaSet } from "../definition/saga-set.ts";
import { type RunEnd, runSaga } from "../execution/run-saga.ts";
import { sagaContext } from "../execution/step-attempt.ts";
import { isSuspect, type SagaInstance } from "../store/saga-instance.ts";
import { LeaseLost, type SagaStore } from "../store/saga-store.ts";
import type { Holding, SagaLeases } from "./saga-leases.ts";

/** Runs the instances that this process holds. */
export interface HeldRuns {
  /** Runs one until it ends, waits, or is lost, and lets go of it. Never rejects. */
  run(holding: Holding): Promise<void>;
  /** Whether one of them may end the process. */
  hasSuspect(): boolean;
}

export type HeldRunsOptions = {
  store: SagaStore;
  sagas: SagaSet;
  leases: SagaLeases;
  clock: Clock;
  log: Log;
  tracer?: Tracer | undefined;
  onEnd?: (instance: SagaInstance) => void;
  onFinal?: (instance: SagaInstance) => void;
  /** Called when there is room for another one that may end the process. */
  onSuspectEnd: () => void;
};

export function createHeldRuns({
  store,
  sagas,
  leases,
  tracer,
  onEnd,
  onSuspectEnd,
  ...options
}: HeldRunsOptions): HeldRuns {
  const { log } = options;
  const surroundings = { ...options, store, random: Math.random };
  const underWay = new Map<string, Promise<void>>();
  const suspects = new Set<Holding>();

  async function runOne(holding: Holding): Promise<void> {
    const { instance, lost } = holding;
    const saga = sagas.find(instance.name, instance.version);
    if (!saga) return leave(holding);
    const expects = (milliseconds: number) => leases.expect(holding, milliseconds);
    const end = await runInContext(sagaContext(instance, tracer), () =>
      runSaga(instance, saga, { ...surroundings, expects }, lost.signal).catch((error) =>
        logLoss(log, instance, error),
      ),
    );
    // What was interrupted is given back when everything has come to rest.
    if (end !== "interrupted") leases.letGo(holding);
    if (end === "ended") onEnd?.(instance);
  }

  /** It was started here, but is for processes that know it. */
  async function leave(holding: Holding): Promise<void> {
    leases.letGo(holding);
    await store.release([holding.instance.id]).catch((error: unknown) => logLoss(log, holding.instance, error));
  }

  return {
    hasSuspect: () => suspects.size > 0,
    async run(holding) {
      const { id } = holding.instance;
      if (isSuspect(holding.instance)) suspects.add(holding);
      // Another run of it, which has lost the lease, may still be at an attempt: those of one process do not overlap.
      const before = underWay.get(id) ?? Promise.resolve();
      const running = before.then(() => runOne(holding));
      underWay.set(id, running);
      await running;
      if (underWay.get(id) === running) underWay.delete(id);
      if (suspects.delete(holding)) onSuspectEnd();
    },
  };
}

function logLoss(log: Log, { id, name, key }: SagaInstance, error: unknown): RunEnd | undefined {
  const fields = { err: error, saga: name, key, sagaId: id };
  if (error instanceof LeaseLost) log.info(fields, "a saga was taken over by another process");
  else log.error(fields, "a saga could not go on here; it is taken up again when its lease has run out");
  return undefined;
}
