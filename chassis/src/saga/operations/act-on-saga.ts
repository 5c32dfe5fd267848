import type { FailureDefinition } from "../../core/failure/failure.ts";
import { legible } from "../../core/failure/thrown.ts";
import type { AnySaga } from "../definition/saga.ts";
import type { SagaSet } from "../definition/saga-set.ts";
import { isBeforePivot } from "../definition/step.ts";
import { afterRecording, afterStep, afterUndo, backFrom, entering, undoneFrom } from "../execution/saga-progress.ts";
import type { HistoryEntry, Progress, SagaInstance } from "../store/saga-instance.ts";
import type { SagaSave } from "../store/save-sagas.ts";
import { direction, fitOperated } from "./fit-operated.ts";
import type { OperatedSaga } from "./operated-saga-store.ts";
import {
  sagaChanged,
  sagaEnded,
  sagaIncompatible,
  sagaNotWaiting,
  sagaPastPivot,
  sagaUnknown,
} from "./operations-contract.ts";

/** What a person can do with a saga. */
export type Action = "retry" | "skip" | "compensate";

/** Who does it, and why. */
export type Decision = {
  readonly action: Action;
  readonly by: string;
  readonly reason: string;
  /** The step and the fencing number of the saga as it was when the decision was made: it is refused when they are others now. */
  readonly step?: string | null | undefined;
  readonly fence?: number | undefined;
};

/**
 * What follows from a person's decision, to be saved in this order: an instance that needs a migration is migrated first. Throws why
 * it can't be: the saga has changed since, has ended, is not known, does not fit its definition, is at work, or is past its pivot.
 */
export function savesByHand(sagas: SagaSet, operated: OperatedSaga, decision: Decision): SagaSave[] {
  const { instance, owner, parkedFrom } = operated;
  refuseOutdated(operated, decision);
  refuseWhen(direction(operated) === "ended", sagaEnded);
  refuseWhen(sagas.find(instance.name, instance.version) === undefined, sagaUnknown);
  const fitted = fitOperated(sagas, operated);
  if ("misfit" in fitted) throw sagaIncompatible.failure({ errors: [{ path: "", message: fitted.misfit }] });
  const { saga, instance: going, migration } = fitted;
  refuseWhen(decision.action !== "compensate" && parkedFrom === null && owner !== null, sagaNotWaiting);
  const decided = { instance: migration ? going : instance, progress: decidedBy(saga, going, decision) };
  return migration ? [{ instance, progress: { ...migration, givenBack: true } }, decided] : [decided];
}

function decidedBy(saga: AnySaga, going: SagaInstance, decision: Decision): Progress {
  if (decision.action === "retry") return retry(saga, going, decision);
  if (decision.action === "skip") return skip(saga, going, decision);
  refuseWhen(going.status === "compensating" || !canTurnBack(saga, going), sagaPastPivot);
  const because = line(going, "called off", decision);
  return { ...backFrom(saga, going, undoneFrom(saga, going), "called_off", because), givenBack: true };
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

/** Throws what has happened to the saga if that is not what the decision was made for. */
function refuseOutdated({ instance, history }: OperatedSaga, { step, fence }: Decision): void {
  const isStep = step === undefined || step === instance.step;
  const isFence = fence === undefined || fence === instance.fence;
  if (isStep && isFence) return;
  const last = history.at(-1);
  const by = last?.by ? ` by ${last.by}` : "";
  const happened = last ? `"${last.what}" at step "${last.step}"${by}, ${last.at}` : "nothing";
  const now = `it is ${instance.status} at step "${instance.step}", with fence ${instance.fence}`;
  throw sagaChanged.failure({
    errors: [{ path: "/fence", message: `the last that happened: ${happened}; now ${now}` }],
  });
}
