import { Cancellation } from "../core/cancellation.ts";
import type { Clock } from "../core/clock.ts";
import { deadlineExceeded, unavailable } from "../core/failure.ts";
import { newContext, runInContext, type WorkContext } from "../telemetry/context.ts";
import { parseTraceparent } from "../telemetry/trace-context.ts";
import type { Tracer } from "../telemetry/tracer.ts";
import type { SagaInstance } from "./saga-instance.ts";
import type { SagaStep, StepContext } from "./step.ts";
import { type StepFailure, stepFailure } from "./step-failure.ts";
import { stepKey } from "./step-key.ts";
import { inStepSpan } from "./step-span.ts";

/** What came of an attempt. `interrupted`: the process stops or has lost its lease, and the outcome is unknown. */
export type Outcome<T> = { readonly result: T } | { readonly failure: StepFailure } | "interrupted";

/** One attempt at something in another service. */
export type RemoteAttempt<T> = {
  instance: SagaInstance;
  step: SagaStep;
  /** Milliseconds after which there is no more waiting for an answer. */
  timeout: number;
  clock: Clock;
  /** Aborted when the process stops or has lost its lease. */
  signal: AbortSignal;
  work: (context: StepContext) => Promise<T>;
};

/** Does `work` with the step's key, in the context that the saga was started in, and waits no longer than `timeout`. */
export async function attemptRemote<T>({
  instance,
  step,
  timeout,
  clock,
  signal,
  work,
}: RemoteAttempt<T>): Promise<Outcome<T>> {
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
    const failure = stepFailure(error, step.refuses);
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
  for (let turn = 0; turn < 5 && !settled; turn++) await undefined;
  return settled;
}

/** A step that ignores its signal must not keep the saga waiting. */
async function within<T>(
  work: Promise<T>,
  giveUp: Cancellation,
  { timeout, clock, signal }: { timeout: number; clock: Clock; signal: AbortSignal },
): Promise<T> {
  const stop = () => giveUp.cancel(unavailable.failure({ cause: signal.reason }));
  if (signal.aborted) stop();
  signal.addEventListener("abort", stop);
  const cancel = clock.after(timeout, () => giveUp.cancel(deadlineExceeded.failure()));
  try {
    return await untilCancelled(work, giveUp);
  } finally {
    signal.removeEventListener("abort", stop);
    cancel();
  }
}

function untilCancelled<T>(work: Promise<T>, cancellation: Cancellation): Promise<T> {
  return new Promise((resolve, reject) => {
    work.then(resolve, reject);
    if (cancellation.why) reject(cancellation.why);
    cancellation.listen(reject);
  });
}
