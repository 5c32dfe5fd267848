import { type Backoff, backoffDelay } from "../core/backoff.ts";
import type { AnySaga } from "./saga.ts";
import type { HistoryEntry, Progress, SagaInstance } from "./saga-instance.ts";
import type { StepFailure } from "./step-attempt.ts";

const RETRY: Backoff = { first: 200, most: 30_000 };
/** An attempt that failed in a way that repeating isn't expected to cure is repeated all the same, so many times. */
const MOST_FAULTS = 5;

/** What follows from the step at the instance's position having succeeded. `added` is what it adds to the state. */
export function afterStep(saga: AnySaga, instance: SagaInstance, added: object): Progress {
  const position = instance.position + 1;
  const status = position === saga.steps.length ? "done" : "running";
  return {
    ...entering(saga, { ...instance, added: { ...instance.added, ...added }, status }, position),
    entry: entry(instance, "done"),
  };
}

/**
 * What follows from an attempt at a step having failed. Before the pivot: a refusal undoes the steps before it, an unknown outcome
 * is asked again until the step's time is up and then undone as well. After it, there is only asking again. Defects park.
 */
export function afterFailedStep(
  saga: AnySaga,
  instance: SagaInstance,
  failure: StepFailure,
  timing: { timeLeft: number; random: () => number },
): Progress {
  const kind = saga.steps[instance.position]?.kind;
  const refused = failure.what === "refused" && kind !== "retried";
  const givenUp = failure.what === "unknown" && kind === "undoable" && timing.timeLeft <= 0;
  if (!refused && !givenUp) {
    return again(instance, failure, failure.what, { ...timing, limited: kind === "undoable" });
  }
  // Whoever refused has done nothing; whoever didn't answer may have.
  const position = refused ? instance.position - 1 : instance.position;
  return {
    ...entering(saga, { ...instance, status: "compensating", reason: failure.code }, position),
    entry: entry(instance, failure.what, failure.cause),
  };
}

/** What follows from the step at the instance's position having been undone. */
export const afterUndo = (saga: AnySaga, instance: SagaInstance): Progress => ({
  ...entering(saga, instance, instance.position - 1),
  entry: entry(instance, "undone"),
});

/** What follows from an attempt at undoing, or at recording the failure, having failed: it has to succeed some time. */
export const afterFailedUndo = (instance: SagaInstance, failure: StepFailure, random: () => number): Progress =>
  again(instance, failure, "undo failed", { timeLeft: Number.POSITIVE_INFINITY, random, limited: false });

/** What follows from everything having been undone and the failure having been recorded. */
export const afterRecording = (saga: AnySaga, instance: SagaInstance): Progress => ({
  ...entering(saga, { ...instance, status: "failed" }, instance.position),
  entry: entry(instance, "recorded", instance.reason ?? undefined),
});

/** Sets the instance aside for a person. */
export const parked = (instance: SagaInstance, cause: string): Progress => ({
  ...unchanged(instance),
  status: "parked",
  entry: entry(instance, "parked", cause),
});

function again(
  instance: SagaInstance,
  failure: StepFailure,
  what: HistoryEntry["what"],
  timing: { timeLeft: number; random: () => number; limited: boolean },
): Progress {
  const attempts = instance.attempts + 1;
  const faults = instance.faults + (failure.what === "unknown" ? 0 : 1);
  if (faults >= MOST_FAULTS) return { ...parked(instance, failure.cause), attempts, faults };
  const wait = backoffDelay(RETRY, attempts, timing.random);
  return {
    ...unchanged(instance),
    attempts,
    faults,
    wait: timing.limited ? Math.min(wait, Math.max(0, timing.timeLeft)) : wait,
    ...(timing.limited && instance.stepDeadline === null && { stepTimeLeft: timing.timeLeft }),
    entry: entry(instance, what, failure.cause),
  };
}

type Kept = Omit<Progress, "entry" | "wait" | "stepTimeLeft">;

const unchanged = ({ added, status, position, step, reason, attempts, faults }: SagaInstance): Kept => ({
  added,
  status,
  position,
  step,
  reason,
  attempts,
  faults,
});

const entering = (saga: AnySaga, instance: SagaInstance, position: number): Kept & { stepTimeLeft: null } => ({
  ...unchanged(instance),
  position,
  step: saga.steps[position]?.name ?? null,
  attempts: 0,
  faults: 0,
  stepTimeLeft: null,
});

const entry = (instance: SagaInstance, what: HistoryEntry["what"], cause?: string): HistoryEntry => ({
  step: instance.step,
  attempt: instance.attempts + 1,
  what,
  cause,
});
