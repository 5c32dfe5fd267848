import type { AnySaga } from "../definition/saga.ts";
import { isBeforePivot, type SagaStep } from "../definition/step.ts";
import { isUnderWay, keepsLease, MOST_CLAIMS, type Progress, type SagaInstance } from "../store/saga-instance.ts";
import { LeaseLost } from "../store/saga-store.ts";
import { doLocally, recordFailure, undoLocally } from "./do-locally.ts";
import { doRemotely, undoRemotely } from "./do-remotely.ts";
import { fit } from "./fit.ts";
import type { Run, SagaSurroundings } from "./run.ts";
import { afterFailedStep, afterFailedUndo, outOfTime, parked } from "./saga-progress.ts";
import { type Advance, saved } from "./save-progress.ts";
import { stepFailure } from "./step-failure.ts";
import { isUndoneInTime } from "./time-left.ts";
import { waitForTimer } from "./timer.ts";

/** How a run ended: the lease is given back with `ended` and `waiting`; after `interrupted` the caller still holds it. */
export type RunEnd = "ended" | "waiting" | "interrupted";

/**
 * Advances one leased instance until it ends, has to wait for longer, or `signal` is aborted. Each step's progress is saved
 * before the next one begins. An instance of another version than `saga` is migrated first. Throws {@link LeaseLost} when another
 * process has taken over, and whatever else the store throws.
 */
export async function runSaga(
  leased: SagaInstance,
  saga: AnySaga | undefined,
  surroundings: SagaSurroundings,
  signal: AbortSignal,
): Promise<RunEnd> {
  if (leased.claims > MOST_CLAIMS) return park(leased, STUCK, surroundings, signal);
  const fitting = fit(saga, leased);
  if (!saga || "misfit" in fitting)
    return park(leased, "misfit" in fitting ? fitting.misfit : "", surroundings, signal);
  const run: Run = { ...surroundings, saga, signal };
  let instance = leased;
  let pending = fitting.migration && saved(run, instance, fitting.migration);
  while (!signal.aborted) {
    const advance: Advance | "interrupted" = await (pending ?? advanceOnce(run, instance));
    pending = undefined;
    if (advance === "interrupted") return advance;
    const { progress } = advance;
    instance = advance.instance;
    if (instance.status === "parked") logParked(run, instance, progress);
    else if (progress.entry.cause !== undefined) logTrouble(run, instance, progress);
    if (!isUnderWay(instance.status)) {
      run.onFinal?.(instance);
      return "ended";
    }
    if (!keepsLease(progress)) return "waiting";
    if (progress.wait !== undefined) await run.clock.sleep(progress.wait, signal).catch(() => {});
  }
  return "interrupted";
}

const STUCK = `taken up ${MOST_CLAIMS} times without getting any further: it may end, or hold up, the process that runs it`;

async function park(
  instance: SagaInstance,
  cause: string,
  surroundings: SagaSurroundings,
  signal: AbortSignal,
): Promise<RunEnd> {
  const progress = parked(instance, cause);
  const advance = await saved({ ...surroundings, signal }, instance, progress);
  if (advance === "interrupted") return advance;
  logParked(surroundings, instance, progress);
  return "ended";
}

const logParked = ({ log }: SagaSurroundings, { id, name, key, step }: SagaInstance, { entry }: Progress) =>
  log.error({ saga: name, key, sagaId: id, step, cause: entry.cause }, "a saga is parked for a person");

const logTrouble = (
  { log }: SagaSurroundings,
  { id, name, key, status }: SagaInstance,
  { entry: { step, attempt, what, cause }, wait }: Progress,
) =>
  log.info({ saga: name, key, sagaId: id, status, step, attempt, what, cause, wait }, "a saga's step did not succeed");

/** Whatever goes wrong besides what the step itself answers for is a fault as well: counted, and parked when it does not pass. */
async function advanceOnce(run: Run, instance: SagaInstance): Promise<Advance | "interrupted"> {
  const step = run.saga.steps[instance.position];
  try {
    return await (instance.status === "compensating" ? goBack(run, instance, step) : goOn(run, instance, step));
  } catch (error) {
    if (error instanceof LeaseLost) throw error;
    const failure = stepFailure(error, new Set());
    if (instance.status === "compensating") {
      return saved(run, instance, afterFailedUndo(run.saga, instance, failure, run.random));
    }
    const timing = { timeLeft: Number.POSITIVE_INFINITY, random: run.random };
    return saved(run, instance, afterFailedStep(run.saga, instance, failure, timing));
  }
}

function goBack(run: Run, instance: SagaInstance, step: SagaStep | undefined): Promise<Advance | "interrupted"> {
  if (!step) return recordFailure(run, instance);
  return step.action.undoWithin ? undoLocally(run, instance, step) : undoRemotely(run, instance, step);
}

function goOn(run: Run, instance: SagaInstance, step: SagaStep | undefined): Promise<Advance | "interrupted"> {
  if (!step) throw new Error(`saga "${run.saga.name}" has no step ${instance.position}`);
  if (isOutOfTime(run, instance)) return saved(run, instance, outOfTime(run.saga, instance));
  if (step.kind === "timer") return waitForTimer(run, instance, step);
  return step.action.within ? doLocally(run, instance, step) : doRemotely(run, instance, step);
}

function isOutOfTime({ saga: { steps }, clock }: Run, { deadline, position }: SagaInstance): boolean {
  if (deadline === null || clock.monotonic() < deadline) return false;
  const step = steps[position];
  return isBeforePivot(steps, position) || (step !== undefined && isUndoneInTime(step));
}
