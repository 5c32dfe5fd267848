import type { Clock } from "../core/clock.ts";
import { deadlineExceeded, Failure } from "../core/failure.ts";
import { newContext, runInContext } from "../telemetry/context.ts";
import { parseTraceparent } from "../telemetry/trace-context.ts";
import type { StepContext } from "./saga.ts";
import type { SagaInstance } from "./saga-instance.ts";
import { stepKey } from "./step-key.ts";

/**
 * How an attempt failed:
 * - `refused`: a definite no. `unknown`: no answer; it may have taken effect. `fault`: neither, so most likely a defect.
 */
export type StepFailure = {
  readonly what: "refused" | "unknown" | "fault";
  readonly code: string;
  readonly cause: string;
};

/** What came of an attempt. `interrupted`: the process stops or has lost its lease, and the outcome is unknown. */
export type Outcome<T> = { readonly result: T } | { readonly failure: StepFailure } | "interrupted";

/** One attempt at something in another service. */
export type RemoteAttempt<T> = {
  instance: SagaInstance;
  step: string;
  /** Milliseconds after which there is no more waiting for an answer. */
  timeout: number;
  clock: Clock;
  /** Aborted when the process stops or has lost its lease. */
  signal: AbortSignal;
  work: (context: StepContext) => Promise<T>;
};

/** Does `work` with the step's key, in the context that the saga was started in, and waits no longer than `timeout`. */
export async function attemptRemote<T>(attempt: RemoteAttempt<T>): Promise<Outcome<T>> {
  const { instance, clock, signal } = attempt;
  const ended = new AbortController();
  const giveUp = new AbortController();
  const stop = () => giveUp.abort(signal.reason);
  signal.addEventListener("abort", stop);
  clock.sleep(attempt.timeout, ended.signal).then(
    () => giveUp.abort(deadlineExceeded.failure()),
    () => {},
  );
  const context = {
    ...sagaContext(instance),
    deadline: clock.monotonic() + attempt.timeout,
    signal: giveUp.signal,
  };
  const key = stepKey(instance, attempt.step);
  try {
    const work = runInContext(context, async () => attempt.work({ key, signal: giveUp.signal }));
    return { result: await untilAborted(work, giveUp.signal) };
  } catch (error) {
    const failure = stepFailure(error);
    return signal.aborted && failure.what !== "refused" ? "interrupted" : { failure };
  } finally {
    signal.removeEventListener("abort", stop);
    ended.abort();
  }
}

/** The context in which a saga's work is done: that of its start, with a span of its own. */
export const sagaContext = (instance: SagaInstance) =>
  newContext({ requestId: instance.requestId, parent: parseTraceparent(instance.traceparent) });

/** A step that ignores its signal must not keep the saga waiting. */
function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    work.then(resolve, reject);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

/** Sorts what a step threw; `cause` is written for whoever reads the history. */
export function stepFailure(error: unknown): StepFailure {
  if (!(error instanceof Failure)) return { what: "fault", code: "internal_error", cause: describe(error) };
  const what = error.kind === "refused" ? "refused" : error.kind === "unavailable" ? "unknown" : "fault";
  const cause = error.cause === undefined ? "" : `: ${describe(error.cause)}`;
  return { what, code: error.code, cause: legible(`${error.code}: ${error.message}${cause}`) };
}

const describe = (error: unknown): string =>
  legible(error instanceof Error ? (error.stack ?? `${error.name}: ${error.message}`) : String(error));

/** Text that PostgreSQL takes, and not more of it than a person reads. */
const legible = (text: string): string => text.replaceAll("\0", "").toWellFormed().slice(0, 2_000);
