import { isBeforePivot, type SagaStep } from "../definition/step.ts";
import { LONGEST_TIME } from "../definition/time.ts";
import type { SagaInstance } from "../store/saga-instance.ts";
import { stateOf } from "../store/saga-state.ts";
import type { Run } from "./run.ts";
import { afterFailedStep, afterStep, waiting } from "./saga-progress.ts";
import { type Advance, saved } from "./save-progress.ts";
import { stepFailure } from "./step-failure.ts";

/** A timer that is over but for this many milliseconds is over: two readings of one clock differ. */
const ALMOST = 2;

const nothingExpected: ReadonlySet<string> = new Set();

/** Begins a timer, or ends it when its time has come. */
export function waitForTimer(run: Run, instance: SagaInstance, step: SagaStep): Promise<Advance | "interrupted"> {
  const now = run.clock.monotonic();
  const isLimited = instance.deadline !== null && isBeforePivot(run.saga.steps, instance.position);
  const limit = isLimited ? (instance.deadline ?? now) - now : Number.POSITIVE_INFINITY;
  try {
    const left = instance.stepDeadline === null ? waitOf(step, stateOf(instance)) : instance.stepDeadline - now;
    if (left <= ALMOST) return saved(run, instance, afterStep(run.saga, instance));
    return saved(run, instance, waiting(instance, left, limit));
  } catch (error) {
    const failure = stepFailure(error, nothingExpected);
    return saved(run, instance, afterFailedStep(run.saga, instance, failure, { timeLeft: limit, random: run.random }));
  }
}

/** Milliseconds that a timer waits. Throws when that is no time. */
export function waitOf(step: SagaStep, state: object): number {
  const { after } = step.action;
  const wait = typeof after === "function" ? after(state as never) : after;
  if (typeof wait === "number" && wait <= LONGEST_TIME) return Math.max(0, wait);
  const shown = typeof wait === "number" ? wait : `what is no number (${typeof wait})`;
  throw new TypeError(`timer "${step.name}" waits for ${shown}, not for 0 to ${LONGEST_TIME} milliseconds`);
}
