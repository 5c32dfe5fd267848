import type { Call } from "../../contract/call.ts";

const USUAL_TIMEOUT = 10_000;
const USUALLY = 1_000;

/**
 * Milliseconds after which a call counts as slow: what its contract says, else a second; but a call that may take longer than calls do by
 * default is not slow before its time is over, and one without an end never is.
 */
export function slowAfterOf({ shape: { slowAfter, timeout = USUAL_TIMEOUT } }: Call): number {
  if (slowAfter !== undefined) return slowAfter;
  if (timeout === 0) return Number.POSITIVE_INFINITY;
  return timeout > USUAL_TIMEOUT ? timeout : USUALLY;
}
