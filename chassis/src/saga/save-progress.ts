import { backoffDelay } from "../core/backoff.ts";
import type { Clock } from "../core/clock.ts";
import { Failure } from "../core/failure.ts";
import type { Transaction } from "../database/database.ts";
import { runInContext } from "../telemetry/context.ts";
import { type Progress, progressed, type SagaInstance } from "./saga-instance.ts";
import type { SagaStore } from "./saga-store.ts";
import { type StepFailure, sagaContext, stepFailure } from "./step-attempt.ts";

/** What saving needs. */
export type Saving = {
  readonly store: SagaStore;
  readonly clock: Clock;
  readonly random: () => number;
  /** Aborted when the process stops or has lost its lease. */
  readonly signal: AbortSignal;
};

/** An instance as it is after its progress has been saved. */
export type Advance = { readonly instance: SagaInstance; readonly progress: Progress };

/** Saves progress, again and again while the database can't be reached, until `signal` is aborted. */
export const saved = (saving: Saving, instance: SagaInstance, progress: Progress): Promise<Advance | "interrupted"> =>
  untilReached(saving, instance, progress, () => saving.store.save(instance, progress));

/** Saves progress in one transaction with what `within` writes; when `within` throws, saves what `onFailure` makes of it instead. */
export async function savedWithin(
  saving: Saving,
  instance: SagaInstance,
  progress: Progress,
  within: (tx: Transaction) => Promise<void>,
  onFailure: (failure: StepFailure) => Progress,
): Promise<Advance | "interrupted"> {
  let thrown: { error: unknown } | undefined;
  const save = async () => {
    thrown = undefined;
    await saving.store.save(instance, progress, async (tx) => {
      await within(tx).catch((error: unknown) => {
        thrown = { error };
        throw error;
      });
    });
  };
  try {
    return await untilReached(
      saving,
      instance,
      progress,
      () => runInContext(sagaContext(instance), save),
      () => !thrown,
    );
  } catch (error) {
    if (thrown?.error !== error) throw error;
    return saved(saving, instance, onFailure(stepFailure(error)));
  }
}

const RETRY = { first: 100, most: 2_000 };

async function untilReached(
  { clock, random, signal }: Saving,
  instance: SagaInstance,
  progress: Progress,
  save: () => Promise<void>,
  isOurs: () => boolean = () => true,
): Promise<Advance | "interrupted"> {
  for (let tries = 1; ; tries++) {
    try {
      await save();
      return { instance: progressed(instance, progress, clock.monotonic()), progress };
    } catch (error) {
      const passes = error instanceof Failure && error.kind === "unavailable" && isOurs();
      if (!passes) throw error;
      if (signal.aborted) return "interrupted";
      await clock.sleep(backoffDelay(RETRY, tries, random), signal).catch(() => {});
    }
  }
}
