import { deadlineExceeded, type Failure } from "../core/failure/failure.ts";
import type { WorkContext } from "./context.ts";

/** Milliseconds until nobody waits for this work any more; without end when nobody set one. */
export const timeLeft = (context: WorkContext | undefined): number =>
  context?.deadline === undefined ? Number.POSITIVE_INFINITY : context.deadline - performance.now();

/**
 * Why this work is to go no further: `deadline_exceeded` when its time is over, what it was cancelled with: `unavailable` when the
 * caller is gone. Undefined while somebody waits.
 */
export function whyOver(context: WorkContext | undefined): Failure | undefined {
  if (!context) return undefined;
  const { deadline, cancellation } = context;
  if (cancellation?.why) return cancellation.why;
  return deadline !== undefined && deadline <= performance.now() ? deadlineExceeded.failure() : undefined;
}

/** The same context for work that several callers share: nobody's deadline ends it, and nobody's leaving. */
export const unhurried = (context: WorkContext): WorkContext => ({
  ...context,
  deadline: undefined,
  cancellation: undefined,
});
