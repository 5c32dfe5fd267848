import { backoffDelay } from "../core/backoff.ts";
import type { Clock } from "../core/clock.ts";
import { Failure } from "../core/failure.ts";
import { runInContext } from "../telemetry/context.ts";
import { type Progress, progressed, type SagaInstance } from "./saga-instance.ts";
import type { SagaStore, Within } from "./saga-store.ts";
import { sagaContext } from "./step-attempt.ts";
import { inStepSpan } from "./step-span.ts";

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
  untilReached(saving, instance, () => saving.store.save(instance, progress));

/** Saves what `within` returns in one transaction with what it writes; when it throws, saves what `onFailure` makes of it instead. */
export async function savedWithin(
  saving: Saving,
  instance: SagaInstance,
  within: Within,
  onFailure: (error: unknown) => Progress,
): Promise<Advance | "interrupted"> {
  let thrown: { error: unknown } | undefined;
  const save = () => {
    thrown = undefined;
    return saving.store.save(instance, (tx) =>
      within(tx).catch((error: unknown) => {
        thrown = { error };
        throw error;
      }),
    );
  };
  try {
    return await untilReached(
      saving,
      instance,
      () => runInContext(sagaContext(instance), () => inStepSpan(instance, save)),
      () => !thrown,
    );
  } catch (error) {
    if (thrown?.error !== error) throw error;
    return saved(saving, instance, onFailure(error));
  }
}

const RETRY = { first: 100, most: 2_000 };

async function untilReached(
  { clock, random, signal }: Saving,
  instance: SagaInstance,
  save: () => Promise<Progress>,
  isOurs: () => boolean = () => true,
): Promise<Advance | "interrupted"> {
  for (let tries = 1; ; tries++) {
    try {
      const progress = await save();
      return { instance: progressed(instance, progress, clock.monotonic()), progress };
    } catch (error) {
      const passes = error instanceof Failure && error.kind === "unavailable" && isOurs();
      if (!passes) throw error;
      if (signal.aborted) return "interrupted";
      await clock.sleep(backoffDelay(RETRY, tries, random), signal).catch(() => {});
    }
  }
}
