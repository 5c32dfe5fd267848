import { currentContext } from "../context/context.ts";

/**
 * The points at which it makes a difference whether a process dies before or after them:
 * - `before transaction`, `in transaction` (everything is written, nothing committed), `after commit`: of a change and of a saga's step;
 * - `after publish` (the broker was given an event, and has not confirmed it), `after confirm` (it is not marked as sent);
 * - `before handler`, `after its commit` (the broker does not know), `after acknowledgement`: of whoever hears of an event.
 */
export type Boundary =
  | "before transaction"
  | "in transaction"
  | "after commit"
  | "after publish"
  | "after confirm"
  | "before handler"
  | "after its commit"
  | "after acknowledgement";

/** What a process is at work on: everything that follows from one request has its id. A saga says its step, an event its type. */
export type Work = { readonly requestId: string; readonly step?: string | null; readonly type?: string };

let onBoundary: ((boundary: Boundary, work: Work) => void) | undefined;

/** Says that `works` (default: that of the current context) have come to a boundary. Nobody listens but tests that kill the process. */
export function boundary(name: Boundary, works?: readonly Work[]): void {
  if (!onBoundary) return;
  for (const work of works ?? [currentContext()]) if (work) onBoundary(name, work);
}

/** Calls `listener` at each boundary from now on. For tests: it is loaded before the process's own code. */
export function listenAtBoundaries(listener: (boundary: Boundary, work: Work) => void): void {
  onBoundary = listener;
}
