import { Failure, internalError } from "../core/failure.ts";
import type { Run } from "./run.ts";
import type { SagaInstance } from "./saga-instance.ts";
import { afterFailedStep, afterFailedUndo, afterRecording, afterStep, afterUndo, waiting } from "./saga-progress.ts";
import { stateOf, validState } from "./saga-state.ts";
import { type Advance, saved, savedOr, savedWithin } from "./save-progress.ts";
import { isBeforePivot, type SagaStep, timeOf } from "./step.ts";
import { attemptRemote } from "./step-attempt.ts";
import { type StepFailure, stepFailure } from "./step-failure.ts";
import { storable } from "./storable.ts";

const ATTEMPT_TIMEOUT = 10_000;
/** What an attempt gets whose step has no time left, because nobody was there to ask in the meantime. */
const LAST_ATTEMPT = 1_000;
/** A timer that is over but for this many milliseconds is over: two readings of one clock differ. */
const ALMOST = 2;

const nothingExpected: ReadonlySet<string> = new Set();

/** One attempt at a step in another service. */
export async function doRemotely(run: Run, instance: SagaInstance, step: SagaStep): Promise<Advance | "interrupted"> {
  const { saga, clock, random, signal } = run;
  const { action } = step;
  const act = action.do ?? action.ask;
  if (!act) throw new Error(`step "${step.name}" does nothing`);
  const now = clock.monotonic();
  const own = instance.stepDeadline ?? now + (timeOf(step) ?? Number.POSITIVE_INFINITY);
  const deadline = step.kind === "undoable" ? Math.min(own, instance.deadline ?? own) : Number.POSITIVE_INFINITY;
  const outcome = await attemptRemote({
    instance,
    step,
    timeout: attemptTimeout(deadline - now),
    clock,
    signal,
    work: async (context) => outputOf(step, await act(stateOf(instance) as never, context)),
  });
  if (outcome === "interrupted") return outcome;
  const failed = (failure: StepFailure) =>
    afterFailedStep(saga, instance, failure, { timeLeft: deadline - clock.monotonic(), random });
  if ("failure" in outcome) return saved(run, instance, failed(outcome.failure));
  const progress = afterStep(saga, instance, outcome.result);
  return savedOr(run, instance, progress, (error) => failed(stepFailure(error, nothingExpected)));
}

const attemptTimeout = (timeLeft: number): number =>
  timeLeft > 0 ? Math.min(ATTEMPT_TIMEOUT, timeLeft) : LAST_ATTEMPT;

/** What a step returned, when it is what it said it would. */
function outputOf(step: SagaStep, result: unknown): object | undefined {
  const output = storable(result);
  const { returns } = step.action;
  if (!returns) return output;
  try {
    return validState(returns, output ?? {});
  } catch (cause) {
    if (!(cause instanceof Failure)) throw cause;
    const faults = (cause.errors ?? []).map(({ path, message }) => `${path} ${message}`).join(", ");
    throw internalError.failure({ cause: new Error(`the step returned what its schema refuses: ${faults}`) });
  }
}

/** Undoes a step: a remote one by its key, a local one in the transaction of the progress. */
export async function undo(run: Run, instance: SagaInstance, step: SagaStep): Promise<Advance | "interrupted"> {
  const { saga, clock, signal, random } = run;
  const { action } = step;
  const { undoWithin, undo: undoRemotely } = action;
  if (undoWithin) {
    return savedWithin(
      run,
      instance,
      async (tx) => {
        await undoWithin(tx, stateOf(instance) as never);
        return afterUndo(saga, instance);
      },
      (error) => afterFailedUndo(saga, instance, stepFailure(error, nothingExpected), random),
    );
  }
  if (!undoRemotely) return saved(run, instance, afterUndo(saga, instance));
  const outcome = await attemptRemote({
    instance,
    step: { ...step, refuses: nothingExpected },
    timeout: ATTEMPT_TIMEOUT,
    clock,
    signal,
    work: (context) => undoRemotely(stateOf(instance) as never, context),
  });
  if (outcome === "interrupted") return outcome;
  if ("result" in outcome) return saved(run, instance, afterUndo(saga, instance));
  return saved(run, instance, afterFailedUndo(saga, instance, outcome.failure, random));
}

/** Does a step in our own database, in one transaction with its progress. */
export function doLocally(run: Run, instance: SagaInstance, step: SagaStep): Promise<Advance | "interrupted"> {
  const { within } = step.action;
  if (!within) throw new Error(`step "${step.name}" is not local`);
  const timing = { timeLeft: Number.POSITIVE_INFINITY, random: run.random };
  return savedWithin(
    run,
    instance,
    async (tx) => afterStep(run.saga, instance, outputOf(step, await within(tx, stateOf(instance) as never))),
    (error) => afterFailedStep(run.saga, instance, stepFailure(error, step.refuses), timing),
  );
}

/** Records, in our own database, that the saga was undone. */
export const recordFailure = (run: Run, instance: SagaInstance): Promise<Advance | "interrupted"> =>
  savedWithin(
    run,
    instance,
    async (tx) => {
      await run.saga.fails(tx, instance.input as never, (instance.reason ?? "unavailable") as never);
      return afterRecording(run.saga, instance);
    },
    (error) => afterFailedUndo(run.saga, instance, stepFailure(error, nothingExpected), run.random),
  );

/** Begins a timer, or ends it when its time has come. */
export function waitForTimer(run: Run, instance: SagaInstance, step: SagaStep): Promise<Advance | "interrupted"> {
  const now = run.clock.monotonic();
  const timing = { timeLeft: Number.POSITIVE_INFINITY, random: run.random };
  try {
    const left = instance.stepDeadline === null ? waitOf(step, stateOf(instance)) : instance.stepDeadline - now;
    if (left <= ALMOST) return saved(run, instance, afterStep(run.saga, instance));
    const isLimited = instance.deadline !== null && isBeforePivot(run.saga.steps, instance.position);
    return saved(run, instance, waiting(instance, left, isLimited ? (instance.deadline ?? now) - now : left));
  } catch (error) {
    return saved(run, instance, afterFailedStep(run.saga, instance, stepFailure(error, nothingExpected), timing));
  }
}

/** Milliseconds that a timer waits. Throws when that is no time. */
export function waitOf(step: SagaStep, state: object): number {
  const { after } = step.action;
  const wait = typeof after === "function" ? after(state as never) : after;
  if (typeof wait !== "number" || !Number.isFinite(wait)) throw new TypeError(`timer "${step.name}" waits for ${wait}`);
  return Math.max(0, wait);
}
