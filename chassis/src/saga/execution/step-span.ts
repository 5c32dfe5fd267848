import { Failure } from "../../core/failure/failure.ts";
import { inSpan } from "../../telemetry/tracing/span.ts";
import type { SagaInstance } from "../store/saga-instance.ts";

/** Does one attempt at a step, or at undoing it, as a span of the trace that the saga was started in. */
export function inStepSpan<T>({ name, step, status, position, attempts }: SagaInstance, work: () => T): T {
  const what = status === "compensating" ? (position < 0 ? "record the failure" : `undo ${step}`) : `${step}`;
  const attributes = { "flotilla.saga": name, "flotilla.saga.step": what, "flotilla.saga.attempt": attempts + 1 };
  return inSpan(`step ${what}`, { attributes, isFailure }, work);
}

/** A refusal is an answer that the saga knows what to do with. */
const isFailure = (error: unknown): boolean => !(error instanceof Failure && error.kind === "refused");
