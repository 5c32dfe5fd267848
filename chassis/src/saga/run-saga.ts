import type { Clock } from "../core/clock.ts";
import type { Log } from "../telemetry/log.ts";
import type { AnySaga, SagaStep } from "./saga.ts";
import { isUnderWay, keepsLease, type Progress, type SagaInstance } from "./saga-instance.ts";
import { afterFailedStep, afterFailedUndo, afterRecording, afterStep, afterUndo, parked } from "./saga-progress.ts";
import type { SagaStore } from "./saga-store.ts";
import { type Advance, saved, savedWithin } from "./save-progress.ts";
import { attemptRemote, type Outcome } from "./step-attempt.ts";
import { storable } from "./storable.ts";

/** What running a saga needs. */
export type SagaSurroundings = {
  readonly store: SagaStore;
  readonly clock: Clock;
  readonly log: Log;
  /** In [0, 1); spreads retries. */
  readonly random: () => number;
};

/** How a run ended: the lease is given back with `ended` and `waiting`; after `interrupted` the caller still holds it. */
export type RunEnd = "ended" | "waiting" | "interrupted";

type Run = SagaSurroundings & { readonly saga: AnySaga; readonly signal: AbortSignal };

const ATTEMPT_TIMEOUT = 10_000;
const STEP_DEADLINE = 60_000;
/** What an attempt gets whose step has no time left, because nobody was there to ask in the meantime. */
const LAST_ATTEMPT = 1_000;

/**
 * Advances one leased instance until it ends, has to wait for longer, or `signal` is aborted. Each step's progress is saved
 * before the next one begins. Throws {@link LeaseLost} when another process has taken over, and whatever else the store throws.
 */
export async function runSaga(
  leased: SagaInstance,
  saga: AnySaga | undefined,
  surroundings: SagaSurroundings,
  signal: AbortSignal,
): Promise<RunEnd> {
  const misfit = misfitOf(saga, leased);
  if (misfit || !saga) return park(leased, misfit ?? "", surroundings, signal);
  const run: Run = { ...surroundings, saga, signal };
  let instance = leased;
  while (!signal.aborted) {
    const advance = await advanceOnce(run, instance);
    if (advance === "interrupted") return advance;
    const { progress } = advance;
    instance = advance.instance;
    if (instance.status === "parked") logParked(run, instance, progress);
    else if (progress.entry.cause !== undefined) logTrouble(run, instance, progress);
    if (!isUnderWay(instance.status)) return "ended";
    if (!keepsLease(progress)) return "waiting";
    if (progress.wait !== undefined) await run.clock.sleep(progress.wait, signal).catch(() => {});
  }
  return "interrupted";
}

/** Why an instance can't be run by today's definition. */
function misfitOf(saga: AnySaga | undefined, instance: SagaInstance): string | undefined {
  if (!saga || instance.version !== 1) return `there is no saga "${instance.name}", version ${instance.version}`;
  const step = saga.steps[instance.position]?.name ?? null;
  if (step === instance.step) return undefined;
  return `step ${instance.position} of saga "${saga.name}" is ${step ? `"${step}"` : "missing"}, not "${instance.step}"`;
}

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

const logTrouble = ({ log }: SagaSurroundings, { id, name, key, status }: SagaInstance, { entry, wait }: Progress) =>
  log.info({ saga: name, key, sagaId: id, status, ...entry, wait }, "a saga's step did not succeed");

/** A copy: what a step does to it would be gone after a restart, so it must be gone without one too. */
const stateOf = ({ input, added }: SagaInstance): object => structuredClone({ ...input, ...added });

function advanceOnce(run: Run, instance: SagaInstance): Promise<Advance | "interrupted"> {
  const step = run.saga.steps[instance.position];
  if (instance.status === "compensating") return step ? undo(run, instance, step) : recordFailure(run, instance);
  if (!step) throw new Error(`saga ${instance.id} is running, but has no step ${instance.position}`);
  return "within" in step.action ? doLocally(run, instance, step) : doRemotely(run, instance, step);
}

async function doRemotely(run: Run, instance: SagaInstance, step: SagaStep): Promise<Advance | "interrupted"> {
  const { saga, clock, random } = run;
  const { action } = step;
  if (!("do" in action)) throw new Error(`step "${step.name}" is not remote`);
  const limit = "deadline" in action ? (action.deadline ?? STEP_DEADLINE) : STEP_DEADLINE;
  const deadline = instance.stepDeadline ?? clock.monotonic() + limit;
  const timeLeft = step.kind === "undoable" ? deadline - clock.monotonic() : ATTEMPT_TIMEOUT;
  const outcome = await attempt(run, instance, step, timeLeft, async (context) =>
    storable(await action.do(stateOf(instance) as never, context)),
  );
  if (outcome === "interrupted") return outcome;
  if ("result" in outcome) return saved(run, instance, afterStep(saga, instance, outcome.result));
  const timing = { timeLeft: deadline - clock.monotonic(), random };
  return saved(run, instance, afterFailedStep(saga, instance, outcome.failure, timing));
}

async function undo(run: Run, instance: SagaInstance, step: SagaStep): Promise<Advance | "interrupted"> {
  const { action } = step;
  if (!("undo" in action)) throw new Error(`step "${step.name}" can't be undone`);
  const outcome = await attempt(run, instance, step, ATTEMPT_TIMEOUT, (context) =>
    action.undo(stateOf(instance) as never, context),
  );
  if (outcome === "interrupted") return outcome;
  if ("result" in outcome) return saved(run, instance, afterUndo(run.saga, instance));
  return saved(run, instance, afterFailedUndo(instance, outcome.failure, run.random));
}

const attempt = <T>(
  run: Run,
  instance: SagaInstance,
  step: SagaStep,
  timeLeft: number,
  work: Parameters<typeof attemptRemote<T>>[0]["work"],
): Promise<Outcome<T>> =>
  attemptRemote({
    instance,
    step: step.name,
    timeout: timeLeft > 0 ? Math.min(ATTEMPT_TIMEOUT, timeLeft) : LAST_ATTEMPT,
    clock: run.clock,
    signal: run.signal,
    work,
  });

function doLocally(run: Run, instance: SagaInstance, step: SagaStep): Promise<Advance | "interrupted"> {
  const { action } = step;
  if (!("within" in action)) throw new Error(`step "${step.name}" is not local`);
  const timing = { timeLeft: Number.POSITIVE_INFINITY, random: run.random };
  return savedWithin(
    run,
    instance,
    afterStep(run.saga, instance, {}),
    (tx) => action.within(tx, stateOf(instance) as never),
    (failure) => afterFailedStep(run.saga, instance, failure, timing),
  );
}

const recordFailure = (run: Run, instance: SagaInstance): Promise<Advance | "interrupted"> =>
  savedWithin(
    run,
    instance,
    afterRecording(run.saga, instance),
    (tx) => run.saga.fails(tx, instance.input as never, instance.reason ?? "unavailable"),
    (failure) => afterFailedUndo(instance, failure, run.random),
  );
