import type { SagaStep } from "../definition/step.ts";
import { timeOf } from "../definition/step-times.ts";
import type { SagaInstance } from "../store/saga-instance.ts";
import type { Run } from "./run.ts";

/** Milliseconds until a step is given up: by its own deadline, or that of a saga that can still be undone. Infinity: it is not. */
export function timeLeftOf({ clock }: Run, { stepDeadline, deadline }: SagaInstance, step: SagaStep): number {
  const now = clock.monotonic();
  const time = timeOf(step);
  const own = time === null ? Number.POSITIVE_INFINITY : (stepDeadline ?? now + time);
  const whole = isUndoneInTime(step) ? (deadline ?? Number.POSITIVE_INFINITY) : Number.POSITIVE_INFINITY;
  return Math.min(own, whole) - now;
}

/** Whether a saga that has no time left is undone at this step. A remote pivot may have been asked, and then there is no way back. */
export const isUndoneInTime = ({ kind, action }: SagaStep): boolean =>
  kind === "undoable" || (kind === "pivot" && action.within !== undefined);
