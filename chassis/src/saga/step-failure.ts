import { Failure } from "../core/failure.ts";
import type { Outage } from "./saga.ts";

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

const outages: readonly string[] = [
  "unavailable",
  "upstream_failed",
  "rate_limited",
  "deadline_exceeded",
] satisfies Outage[];

/** Sorts what a step threw, given the codes of the refusals that it expects; `cause` is written for whoever reads the history. */
export function stepFailure(error: unknown, expected: ReadonlySet<string>): StepFailure {
  if (!(error instanceof Failure)) return { what: "fault", code: "internal_error", cause: describe(error) };
  const behind = error.cause === undefined ? "" : `: ${describe(error.cause)}`;
  const cause = legible(`${error.code}: ${error.message}${behind}`);
  if (error.kind === "unavailable") {
    const retryAfter = error.retryAfter === undefined ? undefined : error.retryAfter * 1_000;
    return { what: "unknown", code: outages.includes(error.code) ? error.code : "unavailable", cause, retryAfter };
  }
  const isExpected = error.kind === "refused" && expected.has(error.code);
  return { what: isExpected ? "refused" : "fault", code: error.code, cause };
}

const describe = (error: unknown): string =>
  legible(error instanceof Error ? (error.stack ?? `${error.name}: ${error.message}`) : String(error));

/** Text that PostgreSQL takes, and not more of it than a person reads. */
const legible = (text: string): string => text.replaceAll("\0", "").toWellFormed().slice(0, 2_000);
