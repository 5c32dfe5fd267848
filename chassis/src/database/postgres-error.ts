import { DatabaseError } from "pg";
import { Failure, unavailable } from "../core/failure.ts";

// SQLSTATE codes: https://www.postgresql.org/docs/current/errcodes-appendix.html
const conflict = new Set(["40001", "40P01"]);
const outageClasses = ["08", "53", "57", "58"];

/** Another transaction was there first: this one is to be run again, and then sees what that one did. */
export class Overtaken extends Error {
  override readonly name = "Overtaken";
}

/** Whether the transaction lost against another one and may simply be run again. */
export const isConflict = (error: unknown): boolean =>
  error instanceof Overtaken || conflict.has(sqlState(error) ?? "");

/** Whether an earlier statement of the transaction had failed: this one was not even tried. */
export const isAborted = (error: unknown): boolean => sqlState(error) === "25P02";

/** Whether a unique constraint (or the one named) refused a row. */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  const source = databaseError(error);
  return source?.code === "23505" && (constraint === undefined || source.constraint === constraint);
}

/** Whether the connection can't be used any more: everything that is not an answer of the server, and its farewells. */
export function isConnectionLost(error: unknown): boolean {
  const state = sqlState(error);
  return state === undefined ? isDriverError(error) : state.startsWith("08") || state.startsWith("57P");
}

/**
 * Outages of the database (unreachable, out of connections, shutting down, statement timeout) become `unavailable`;
 * every other error is returned as it is.
 */
export function failureFromPostgres(error: unknown): unknown {
  if (error instanceof Failure) return error;
  const state = sqlState(error);
  const outage = state === undefined ? isDriverError(error) : outageClasses.some((prefix) => state.startsWith(prefix));
  return outage ? unavailable.failure({ cause: error, retryAfter: 1 }) : error;
}

const driverMessages = /timeout|terminated|not queryable|ECONN|EPIPE|ENOTFOUND|EAI_AGAIN|ended|closed/i;

/** pg reports lost connections and its pool's timeouts as plain errors. */
const isDriverError = (error: unknown): boolean =>
  error instanceof Error && driverMessages.test(`${(error as NodeJS.ErrnoException).code ?? ""} ${error.message}`);

const sqlState = (error: unknown): string | undefined => databaseError(error)?.code;

function databaseError(error: unknown): DatabaseError | undefined {
  const source = error instanceof Failure ? error.cause : error;
  return source instanceof DatabaseError ? source : undefined;
}
