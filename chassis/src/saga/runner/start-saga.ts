import { currentContext, newContext } from "../../context/context.ts";
import { formatTraceparent } from "../../context/trace-context.ts";
import { faultOfText } from "../../contract/validation/text-fault.ts";
import { type Clock, systemClock } from "../../core/clock.ts";
import { invalidInput } from "../../core/failure/failure.ts";
import { newId } from "../../core/id.ts";
import type { Database } from "../../database/database.ts";
import { groupCommit } from "../../database/transactions/group-commit.ts";
import type { AnySaga, StartSaga, StartSagaAlone } from "../definition/saga.ts";
import type { SagaStep } from "../definition/step.ts";
import { timeOf } from "../definition/step-times.ts";
import { waitOf } from "../execution/timer.ts";
import { insertSaga, insertSagas, type NewSaga } from "../store/insert-saga.ts";
import { LEASE } from "../store/postgres-saga-store.ts";
import type { SagaInstance } from "../store/saga-instance.ts";
import { validState } from "../store/saga-state.ts";
import { beginSaga } from "./begin-saga.ts";

export type StartSagaOptions = {
  /** The process that runs the saga first: the same as the runner's. */
  owner: string;
  /** Called once the business transaction has committed, with the instance, already leased to `owner`. Must not throw. */
  onCommit: (instance: SagaInstance) => void;
  /** Whether this process has room to run one more; when not, any process may. Default: it always has. */
  hasRoom?: () => boolean;
  clock?: Clock;
};

/** Makes the function that starts sagas: a row written by the business transaction, and nothing when that is rolled back. */
export function createStartSaga(options: StartSagaOptions): StartSaga {
  return async (tx, saga, start) => {
    const given = newSaga(saga, start, options);
    const isNew = await insertSaga(tx, given);
    if (isNew && given.owner !== null) tx.afterCommit(() => options.onCommit(runnable(given, options)));
  };
}

/** Makes the function that starts sagas by themselves. */
export function createStartSagaAlone(options: StartSagaOptions & { database: Database }): StartSagaAlone {
  const insert = groupCommit<NewSaga, boolean>({ write: (sagas) => insertSagas(options.database, sagas) });
  return async (saga, start) => {
    const given = newSaga(saga, start, options);
    if ((await insert(given)) && given.owner !== null) options.onCommit(runnable(given, options));
  };
}

function newSaga(saga: AnySaga, { key, input }: { key: string; input: object }, options: StartSagaOptions): NewSaga {
  const { requestId, trace } = currentContext() ?? newContext();
  const [first] = saga.steps;
  requireKey(key);
  const valid = validState(saga.input, input);
  const wait = first?.kind === "timer" ? firstWait(first, valid) : null;
  const instance = beginSaga(saga, {
    id: newId(),
    key,
    input: valid,
    requestId,
    traceparent: formatTraceparent(trace),
  });
  const isRunHere = wait === null && (options.hasRoom?.() ?? true);
  return {
    instance,
    owner: isRunHere ? options.owner : null,
    lease: LEASE,
    timeLeft: saga.deadline ?? null,
    wait,
    stepTimeLeft: wait ?? (first ? timeOf(first) : null),
  };
}

/** The unique index can't hold much more than this and the saga's name, in any script. */
const LONGEST_KEY = 500;

function requireKey(key: unknown): void {
  const fault =
    typeof key !== "string" || key.length > LONGEST_KEY
      ? `must be a text of at most ${LONGEST_KEY} characters`
      : faultOfText(key);
  if (fault) throw invalidInput.failure({ errors: [{ path: "/key", message: fault }] });
}

/** A timer that makes no sense is a defect of the saga, not of the business that starts it: it is found when the saga is run. */
function firstWait(timer: SagaStep, state: object): number | null {
  try {
    return waitOf(timer, state);
  } catch {
    return null;
  }
}

/** The instance as it is run right after its start. */
function runnable(
  { instance, timeLeft, stepTimeLeft }: NewSaga,
  { clock = systemClock }: StartSagaOptions,
): SagaInstance {
  const now = clock.monotonic();
  return {
    ...instance,
    deadline: timeLeft === null ? null : now + timeLeft,
    stepDeadline: stepTimeLeft === null ? null : now + stepTimeLeft,
  };
}
