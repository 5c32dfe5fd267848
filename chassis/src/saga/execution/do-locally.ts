import type { SagaStep } from "../definition/step.ts";
import { attemptTimeOf } from "../definition/step-times.ts";
import type { SagaInstance } from "../store/saga-instance.ts";
import { stateOf } from "../store/saga-state.ts";
import type { Run } from "./run.ts";
import { afterFailedStep, afterFailedUndo, afterRecording, afterStep, afterUndo } from "./saga-progress.ts";
import type { Advance } from "./save-progress.ts";
import { savedWithin } from "./save-within.ts";
import { stepFailure } from "./step-failure.ts";
import { outputOf } from "./step-output.ts";
import { timeLeftOf } from "./time-left.ts";

const nothingExpected: ReadonlySet<string> = new Set();

/** Does a step in our own database, in one transaction with its progress. */
export function doLocally(run: Run, instance: SagaInstance, step: SagaStep): Promise<Advance | "interrupted"> {
  const { within } = step.action;
  if (!within) throw new Error(`step "${step.name}" is not local`);
  return savedWithin(run, instance, {
    timeout: attemptTimeOf(step),
    within: async (tx) =>
      afterStep(run.saga, instance, await outputOf(step, () => within(tx, stateOf(instance) as never))),
    onFailure(error) {
      const timing = { timeLeft: timeLeftOf(run, instance, step), random: run.random };
      return afterFailedStep(run.saga, instance, stepFailure(error, step.refuses), timing);
    },
  });
}

/** Undoes a step in our own database, in one transaction with its progress. */
export function undoLocally(run: Run, instance: SagaInstance, step: SagaStep): Promise<Advance | "interrupted"> {
  const { undoWithin } = step.action;
  if (!undoWithin) throw new Error(`step "${step.name}" is not undone here`);
  return savedWithin(run, instance, {
    timeout: attemptTimeOf(step),
    async within(tx) {
      await undoWithin(tx, stateOf(instance) as never);
      return afterUndo(run.saga, instance);
    },
    onFailure: (error) => afterFailedUndo(run.saga, instance, stepFailure(error, nothingExpected), run.random),
  });
}

/** Records, in our own database, that the saga was undone. */
export const recordFailure = (run: Run, instance: SagaInstance): Promise<Advance | "interrupted"> =>
  savedWithin(run, instance, {
    timeout: attemptTimeOf(undefined),
    async within(tx) {
      await run.saga.fails(tx, instance.input as never, (instance.reason ?? "unavailable") as never);
      return afterRecording(run.saga, instance);
    },
    onFailure: (error) => afterFailedUndo(run.saga, instance, stepFailure(error, nothingExpected), run.random),
  });
