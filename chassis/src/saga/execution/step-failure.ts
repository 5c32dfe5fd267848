import { Failure } from "../../core/failure/failure.ts";
import { outageFrom } from "../../core/failure/outage.ts";
import { errorFrom, legible, stackOf } from "../../core/failure/thrown.ts";
import type { Outage } from "../definition/saga.ts";

/**
 * How an attempt failed:
 * - `refused`: a definite no that the step expects. `unknown`: no answer; it may have taken effect. `fault`: neither, so most likely
 *   a defect.
 */
export type StepFailure = {
  readonly what: "refused" | "unknown" | "fault";
  readonly code: string;
  readonly cause: string;
  /** Milliseconds after which it makes sense to ask again. */
  readonly retryAfter?: number | undefined;
};

/** The longest that a service which is away is believed to stay so, in milliseconds. */
const LONGEST_RETRY_AFTER = 3_600_000;

const outages: readonly string[] = [
  "unavailable",
  "upstream_failed",
  "rate_limited",
  "deadline_exceeded",
] satisfies Outage[];

/**
 * Sorts what a step threw, whatever that is, given the codes of the refusals that it expects; `cause` is written for whoever reads the
 * history.
 */
export function stepFailure(thrown: unknown, expected: ReadonlySet<string>): StepFailure {
  const error = outageFrom(thrown) ?? errorFrom(thrown);
  if (!(error instanceof Failure)) return { what: "fault", code: "internal_error", cause: legible(stackOf(error)) };
  const behind = error.cause === undefined ? "" : `: ${stackOf(error.cause)}`;
  const cause = legible(`${error.code}: ${error.message}${behind}`);
  if (error.kind === "unavailable") {
    const code = outages.includes(error.code) ? error.code : "unavailable";
    return { what: "unknown", code, cause, retryAfter: retryAfterOf(error) };
  }
  const isExpected = error.kind === "refused" && expected.has(error.code);
  return { what: isExpected ? "refused" : "fault", code: error.code, cause };
}

/** Services say all kinds of things: what is no time is as if nothing was said. */
function retryAfterOf({ retryAfter }: Failure): number | undefined {
  const milliseconds = Number(retryAfter) * 1_000;
  return milliseconds > 0 ? Math.min(milliseconds, LONGEST_RETRY_AFTER) : undefined;
}
