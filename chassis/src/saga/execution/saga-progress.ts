import { type Backoff, backoffDelay } from "../../core/backoff.ts";
import { legible } from "../../core/failure/thrown.ts";
import type { AnySaga } from "../definition/saga.ts";
import { canBeUndone, type RetryPolicy } from "../definition/step.ts";
import { timeOf } from "../definition/step-times.ts";
import type { HistoryEntry, Progress, SagaInstance } from "../store/saga-instance.ts";
import type { StepFailure } from "./step-failure.ts";

const RETRY: Backoff = { first: 200, most: 30_000 };
/** An attempt that failed in a way that repeating isn't expected to cure is repeated all the same, so many times. */
const MOST_FAULTS = 5;

/** What the time of a failure decides. */
export type Timing = {
  /** Milliseconds until the step is given up; Infinity: it is not. */
  readonly timeLeft: number;
  readonly random: () => number;
};

/** What follows from the step at the instance's position having succeeded. `output` is what it adds to the state. */
export function afterStep(saga: AnySaga, instance: SagaInstance, output?: object): Progress {
  const position = instance.position + 1;
  const status = position === saga.steps.length ? "done" : "running";
  const added = output ? { ...instance.added, ...output } : instance.added;
  return {
    ...entering(saga, { ...instance, added, status }, position),
    entry: { ...entry(instance, "done"), output },
  };
}

/**
 * What follows from an attempt at a step having failed. Before the pivot: a refusal undoes the steps before it, an unknown outcome
 * is asked again until the step's time is up and then undone as well. After it, there is only asking again. Defects park.
 */
export function afterFailedStep(saga: AnySaga, instance: SagaInstance, failure: StepFailure, timing: Timing): Progress {
  const step = saga.steps[instance.position];
  const refused = failure.what === "refused" && step?.kind !== "retried";
  const givenUp = failure.what === "unknown" && timing.timeLeft <= 0;
  if (refused || givenUp) {
    // What refused has done nothing; what didn't answer may have.
    const from = refused ? instance.position - 1 : undoneFrom(saga, instance);
    return backFrom(saga, instance, from, failure.code, entry(instance, failure.what, failure.cause));
  }
  const hasDeadline = step !== undefined && timeOf(step) !== null;
  return again(instance, failure, failure.what, { ...timing, hasDeadline, retry: step?.action.retry });
}

/** What follows from the saga having no time left before its pivot; the step under way may have been asked. */
export const outOfTime = (saga: AnySaga, instance: SagaInstance): Progress =>
  backFrom(saga, instance, undoneFrom(saga, instance), "deadline_exceeded", entry(instance, "out of time"));

/**
 * The step with which undoing begins: the one under way, which may have been done though there was no answer; but of a local one nothing is
 * done without its commit.
 */
export const undoneFrom = ({ steps }: AnySaga, { position }: SagaInstance): number =>
  steps[position]?.action.within ? position - 1 : position;

/** Turns back: undoes the step at `from` and those before it, because of `reason`. */
export const backFrom = (
  saga: AnySaga,
  instance: SagaInstance,
  from: number,
  reason: string,
  because: HistoryEntry,
): Progress => ({
  ...entering(saga, { ...instance, status: "compensating", reason }, undoableFrom(saga, from)),
  entry: because,
});

/** What follows from a timer having begun, or having been looked at too early: the saga waits, but no longer than `limit`. */
export const waiting = (instance: SagaInstance, milliseconds: number, limit: number): Progress => ({
  ...unchanged(instance),
  wait: Math.max(0, Math.min(milliseconds, limit)),
  ...(instance.stepDeadline === null && { stepTimeLeft: milliseconds }),
  entry: entry(instance, "waits"),
});

/** What follows from the step at the instance's position having been undone. */
export const afterUndo = (saga: AnySaga, instance: SagaInstance): Progress => ({
  ...entering(saga, instance, undoableFrom(saga, instance.position - 1)),
  entry: entry(instance, "undone"),
});

/** What follows from an attempt at undoing, or at recording the failure, having failed: it has to succeed some time. */
export const afterFailedUndo = (
  saga: AnySaga,
  instance: SagaInstance,
  failure: StepFailure,
  random: () => number,
): Progress =>
  again(instance, failure, "undo failed", {
    timeLeft: Number.POSITIVE_INFINITY,
    hasDeadline: false,
    random,
    retry: saga.steps[instance.position]?.action.retry,
  });

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
  { timeLeft, hasDeadline, random, retry = {} }: Timing & { hasDeadline: boolean; retry: RetryPolicy | undefined },
): Progress {
  const attempts = instance.attempts + 1;
  const faults = instance.faults + (failure.what === "unknown" ? 0 : 1);
  if (faults >= (retry.faults ?? MOST_FAULTS)) return { ...parked(instance, failure.cause), attempts, faults };
  const backoff = failure.what === "unknown" ? (retry.outage ?? RETRY) : RETRY;
  const wait = Math.max(backoffDelay(backoff, attempts, random), failure.retryAfter ?? 0);
  return {
    ...unchanged(instance),
    attempts,
    faults,
    wait: Math.min(wait, Math.max(0, timeLeft)),
    // Of an instance that was stored before steps began with their deadline.
    ...(hasDeadline && instance.stepDeadline === null && { stepTimeLeft: timeLeft }),
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

/** The instance at the beginning of another step, whose time begins with that. */
export function entering(
  saga: AnySaga,
  instance: SagaInstance,
  position: number,
): Kept & { stepTimeLeft: number | null } {
  const step = saga.steps[position];
  return {
    added: instance.added,
    status: instance.status,
    position,
    step: step?.name ?? null,
    reason: instance.reason,
    attempts: 0,
    faults: 0,
    stepTimeLeft: step && instance.status === "running" ? timeOf(step) : null,
  };
}

/** The last step up to `position` that there is something to undo of; -1 when there is none. */
function undoableFrom(saga: AnySaga, position: number): number {
  let at = position;
  for (let step = saga.steps[at]; step && !canBeUndone(step); step = saga.steps[at]) at--;
  return at;
}

/** A line of the history about the step that the instance is at. */
export const entry = (instance: SagaInstance, what: HistoryEntry["what"], cause?: string): HistoryEntry => ({
  step: instance.step,
  attempt: instance.attempts + 1,
  what,
  cause: cause && legible(cause),
});
