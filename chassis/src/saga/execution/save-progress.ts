import { backoffDelay } from "../../core/backoff.ts";
import type { Clock } from "../../core/clock.ts";
import { Failure } from "../../core/failure/failure.ts";
import { type Progress, progressed, type SagaInstance } from "../store/saga-instance.ts";
import { LeaseLost, type SagaStore } from "../store/saga-store.ts";

/** What saving needs. */
export type Saving = {
  readonly store: SagaStore;
  readonly clock: Clock;
  readonly random: () => number;
  /** Aborted when the process stops or has lost its lease. */
  readonly signal: AbortSignal;
  /** Told before each try how many milliseconds it can take. */
  readonly expects?: ((milliseconds: number) => void) | undefined;
};

/** An instance as it is after its progress has been saved. */
export type Advance = { readonly instance: SagaInstance; readonly progress: Progress };

/** Saves progress, again and again while the database can't be reached, until `signal` is aborted. */
export const saved = (saving: Saving, instance: SagaInstance, progress: Progress): Promise<Advance | "interrupted"> =>
  untilReached(saving, instance, () => saving.store.save(instance, progress));

/** Saves progress; when the database refuses it, saves what `onFailure` makes of that instead. */
export const savedOr = (
  saving: Saving,
  instance: SagaInstance,
  progress: Progress,
  onFailure: (error: unknown) => Progress,
): Promise<Advance | "interrupted"> =>
  saved(saving, instance, progress).catch((error: unknown) => savedInstead(saving, instance, error, onFailure));

/** Saves what follows from a failed save. A process that has lost the lease has nothing to save any more. */
export function savedInstead(
  saving: Saving,
  instance: SagaInstance,
  error: unknown,
  onFailure: (error: unknown) => Progress,
): Promise<Advance | "interrupted"> {
  if (error instanceof LeaseLost) throw error;
  return saved(saving, instance, onFailure(error));
}

/** Milliseconds that the database can take for a save, however busy it is. */
const SAVE = 30_000;

const RETRY = { first: 100, most: 2_000 };

/** Saves, again and again while the database can't be reached and that `isOurs`; what is done for a save takes up to `workTime` milliseconds. */
export async function untilReached(
  { clock, random, signal, expects }: Saving,
  instance: SagaInstance,
  save: () => Promise<Progress>,
  { isOurs = () => true, workTime = 0 }: { isOurs?: () => boolean; workTime?: number } = {},
): Promise<Advance | "interrupted"> {
  for (let tries = 1; ; tries++) {
    expects?.(SAVE + workTime);
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
