import type { SagaStep } from "../definition/step.ts";
import { attemptTimeOf } from "../definition/step-times.ts";
import type { SagaInstance } from "../store/saga-instance.ts";
import { stateOf } from "../store/saga-state.ts";
import type { Run } from "./run.ts";
import { afterFailedStep, afterFailedUndo, afterStep, afterUndo } from "./saga-progress.ts";
import { type Advance, saved, savedOr } from "./save-progress.ts";
import { attemptRemote } from "./step-attempt.ts";
import { type StepFailure, stepFailure } from "./step-failure.ts";
import { outputOf } from "./step-output.ts";
import { timeLeftOf } from "./time-left.ts";

/** What an attempt gets whose step has no time left, because nobody was there to ask in the meantime. */
const LAST_ATTEMPT = 1_000;

const nothingExpected: ReadonlySet<string> = new Set();

/** One attempt at a step in another service. */
export async function doRemotely(run: Run, instance: SagaInstance, step: SagaStep): Promise<Advance | "interrupted"> {
  const { saga, clock, random } = run;
  const { action } = step;
  const act = action.do ?? action.ask;
  if (!act) throw new Error(`step "${step.name}" does nothing`);
  const begun = clock.monotonic();
  const timeLeft = timeLeftOf(run, instance, step);
  const outcome = await attemptRemote(run, {
    instance,
    step,
    timeout: timeLeft > 0 ? Math.min(attemptTimeOf(step), timeLeft) : LAST_ATTEMPT,
    work: (context) => outputOf(step, () => act(stateOf(instance) as never, context)),
  });
  if (outcome === "interrupted") return outcome;
  const failed = (failure: StepFailure) =>
    afterFailedStep(saga, instance, failure, { timeLeft: timeLeft - (clock.monotonic() - begun), random });
  if ("failure" in outcome) return saved(run, instance, failed(outcome.failure));
  const progress = afterStep(saga, instance, outcome.result);
  return savedOr(run, instance, progress, (error) => failed(stepFailure(error, nothingExpected)));
}

/** One attempt at undoing a step in another service, by its key. */
export async function undoRemotely(run: Run, instance: SagaInstance, step: SagaStep): Promise<Advance | "interrupted"> {
  const { undo } = step.action;
  if (!undo) return saved(run, instance, afterUndo(run.saga, instance));
  const outcome = await attemptRemote(run, {
    instance,
    step: { ...step, refuses: nothingExpected },
    timeout: attemptTimeOf(step),
    work: async (context) => undo(stateOf(instance) as never, context),
  });
  if (outcome === "interrupted") return outcome;
  if ("result" in outcome) return saved(run, instance, afterUndo(run.saga, instance));
  return saved(run, instance, afterFailedUndo(run.saga, instance, outcome.failure, run.random));
}
