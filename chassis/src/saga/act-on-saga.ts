import type { FailureDefinition } from "../core/failure.ts";
import { legible } from "../core/thrown.ts";
import type { OperatedSaga } from "./operated-saga-store.ts";
import { sagaEnded, sagaNotWaiting, sagaPastPivot } from "./operations-contract.ts";
import type { AnySaga } from "./saga.ts";
import type { HistoryEntry, Progress, SagaInstance } from "./saga-instance.ts";
import { afterRecording, afterStep, afterUndo, backFrom, entering, undoneFrom } from "./saga-progress.ts";
import { isBeforePivot } from "./step.ts";

/** What a person can do with a saga. */
export type Action = "retry" | "skip" | "compensate";

/** Who does it, and why. */
export type Decision = { readonly action: Action; readonly by: string; readonly reason: string };

/** What follows from a person's decision, to be stored as any other progress. Throws why it can't be. */
export function progressByHand(saga: AnySaga, operated: OperatedSaga, decision: Decision): Progress {
  const { instance, parkedFrom, owner } = operated;
  const status = parkedFrom ?? instance.status;
  refuseWhen(status !== "running" && status !== "compensating", sagaEnded);
  const going: SagaInstance = { ...instance, status };
  if (decision.action === "compensate") {
    refuseWhen(status === "compensating" || !canTurnBack(saga, going), sagaPastPivot);
    const because = line(going, "called off", decision);
    return { ...backFrom(saga, going, undoneFrom(saga, going), "called_off", because), givenBack: true };
  }
  refuseWhen(parkedFrom === null && owner !== null, sagaNotWaiting);
  return decision.action === "retry" ? retry(saga, going, decision) : skip(saga, going, decision);
}

function retry(saga: AnySaga, going: SagaInstance, decision: Decision): Progress {
  const { stepTimeLeft, ...again } = entering(saga, going, going.position);
  const isTimer = saga.steps[going.position]?.kind === "timer" && going.status === "running";
  return {
    ...again,
    // A step gets all its time anew; a timer keeps the time that it has.
    ...(!isTimer && { stepTimeLeft }),
    step: going.step,
    givenBack: true,
    entry: line(going, "retried", decision),
  };
}

function skip(saga: AnySaga, going: SagaInstance, decision: Decision): Progress {
  const next =
    going.status === "running"
      ? afterStep(saga, going)
      : going.position < 0
        ? afterRecording(saga, going)
        : afterUndo(saga, going);
  return { ...next, givenBack: true, entry: line(going, "skipped", decision) };
}

/** Behind the pivot nothing is undone; a remote pivot that may have been asked counts as behind. */
function canTurnBack({ steps }: AnySaga, { position }: SagaInstance): boolean {
  const step = steps[position];
  return isBeforePivot(steps, position) || (step?.kind === "pivot" && step.action.within !== undefined);
}

const line = (instance: SagaInstance, what: HistoryEntry["what"], { by, reason }: Decision): HistoryEntry => ({
  step: instance.step,
  attempt: instance.attempts + 1,
  what,
  cause: legible(reason),
  by,
});

function refuseWhen(condition: boolean, refusal: FailureDefinition): void {
  if (condition) throw refusal.failure();
}
