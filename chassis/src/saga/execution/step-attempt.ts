import { newContext, runInContext, type WorkContext } from "../../context/context.ts";
import { parseTraceparent } from "../../context/trace-context.ts";
import type { Tracer } from "../../context/tracer.ts";
import { Cancellation } from "../../core/cancellation.ts";
import type { Clock } from "../../core/clock.ts";
import { deadlineExceeded, type Failure, unavailable } from "../../core/failure/failure.ts";
import type { SagaStep, StepContext } from "../definition/step.ts";
import { stepKey } from "../definition/step-key.ts";
import { CANCELLED_GRACE } from "../definition/step-times.ts";
import type { SagaInstance } from "../store/saga-instance.ts";
import type { Run } from "./run.ts";
import { type StepFailure, stepFailure } from "./step-failure.ts";
import { inStepSpan } from "./step-span.ts";

/** What came of an attempt. `interrupted`: the process stops or has lost its lease, and the outcome is unknown. */
export type Outcome<T> = { readonly result: T } | { readonly failure: StepFailure } | "interrupted";

/** One attempt at something in another service. */
export type RemoteAttempt<T> = {
  instance: SagaInstance;
  step: SagaStep;
  /** Milliseconds after which there is no more waiting for an answer. */
  timeout: number;
  work: (context: StepContext) => Promise<T>;
};

/** What an attempt needs of its surroundings; `signal` is aborted when the process stops or has lost its lease. */
type Attempting = Pick<Run, "clock" | "signal" | "expects">;

/**
 * Does `work` with the step's key, in the context that the saga was started in. After `timeout`, and when the process stops, its signal is
 * aborted; then it has two seconds to settle: what it resolves with by then still counts.
 */
export async function attemptRemote<T>(
  { clock, signal, expects }: Attempting,
  { instance, step, timeout, work }: RemoteAttempt<T>,
): Promise<Outcome<T>> {
  expects?.(timeout + 2 * CANCELLED_GRACE);
  const giveUp = new Cancellation();
  const context: WorkContext = {
    ...sagaContext(instance),
    // A refused step is only asked again, and holds what the saga holds meanwhile.
    priority: "high",
    deadline: clock.monotonic() + timeout,
    cancellation: giveUp,
  };
  const asked: StepContext = {
    key: stepKey(instance, step.name),
    get signal() {
      return giveUp.signal;
    },
  };
  try {
    const working = runInContext(context, () => inStepSpan(instance, async () => work(asked)));
    if (await settlesAtOnce(working)) return { result: await working };
    return { result: await within(working, giveUp, { timeout, clock, signal }) };
  } catch (error) {
    const failed = stepFailure(error, step.refuses);
    // What fails after it was cancelled tells nothing of whether it took effect.
    const failure = giveUp.why && failed.what !== "refused" ? stepFailure(giveUp.why, step.refuses) : failed;
    return signal.aborted && failure.what !== "refused" ? "interrupted" : { failure };
  }
}

/** The context in which a saga's work is done, by whichever process: that of its start. */
export const sagaContext = (instance: SagaInstance, tracer?: Tracer) =>
  newContext({ requestId: instance.requestId, parent: parseTraceparent(instance.traceparent), tracer });

/** Whether nothing has to be waited for. */
async function settlesAtOnce(work: Promise<unknown>): Promise<boolean> {
  let settled = false;
  const settle = () => {
    settled = true;
  };
  work.then(settle, settle);
  for (let turn = 0; turn < 8 && !settled; turn++) await undefined;
  return settled;
}

/** Waits for work as long as it may take; once that is over, as long as it may take to end. */
async function within<T>(
  work: Promise<T>,
  giveUp: Cancellation,
  { timeout, clock, signal }: { timeout: number; clock: Clock; signal: AbortSignal },
): Promise<T> {
  const stop = () => giveUp.cancel(unavailable.failure({ cause: signal.reason }));
  if (signal.aborted) stop();
  signal.addEventListener("abort", stop);
  const cancelTimer = clock.after(timeout, () => giveUp.cancel(deadlineExceeded.failure()));
  const late = Promise.withResolvers<never>();
  let cancelGrace = () => {};
  const waitNoLonger = (why: Failure) => {
    cancelGrace = clock.after(CANCELLED_GRACE, () => late.reject(why));
  };
  if (giveUp.why) waitNoLonger(giveUp.why);
  else giveUp.listen(waitNoLonger);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    signal.removeEventListener("abort", stop);
    cancelTimer();
    cancelGrace();
  }
}
