import type { SagaStep } from "./step.ts";

/** Milliseconds that a step may be asked for which does not say, before the pivot. */
const STEP_DEADLINE = 60_000;
/** Milliseconds that an attempt has at least, unless its step says otherwise. */
const ATTEMPT = 10_000;
/** The longest that an attempt may take, in milliseconds: a day. What takes longer has to be asked for, and waited for with a timer. */
export const LONGEST_ATTEMPT = 86_400_000;

/** Milliseconds that an attempt which was cancelled has to settle in, before it is no longer waited for. */
export const CANCELLED_GRACE = 2_000;

/** Milliseconds that a step has from when it becomes the one to do; null: it is not given up, or is a timer that has yet to begin. */
export const timeOf = ({ kind, action }: SagaStep): number | null =>
  kind === "undoable" && !action.within ? (action.deadline ?? STEP_DEADLINE) : null;

/** Milliseconds that one attempt at a step, or at undoing it, may take; without a step, one at recording the failure. */
export function attemptTimeOf(step: SagaStep | undefined): number {
  const time = step?.action.timeout ?? Math.max(ATTEMPT, step?.action.deadline ?? 0);
  return Math.min(time, LONGEST_ATTEMPT);
}
