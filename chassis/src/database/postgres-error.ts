import { DatabaseError } from "pg";
import { Failure, unavailable } from "../core/failure/failure.ts";
import { outageFrom } from "../core/failure/outage.ts";

// SQLSTATE codes: https://www.postgresql.org/docs/current/errcodes-appendix.html
const conflict = new Set(["40001", "40P01"]);

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

const outages = new WeakSet<Failure>();

/** An `unavailable` of the database itself: nothing can be done there now, and what was under way may or may not have been committed. */
export function databaseOutage(cause: unknown): Failure {
  const failure = unavailable.failure({ cause, retryAfter: 1 });
  outages.add(failure);
  return failure;
}

/** Whether `error` was made by {@link databaseOutage}, and not by something else that is unavailable, such as another service. */
export const isDatabaseOutage = (error: unknown): boolean => error instanceof Failure && outages.has(error);

/**
 * Outages of the database (unreachable, out of connections, shutting down, only reading, statement timeout: see {@link outageFrom}) become
 * `unavailable`; conflicts and every other error are returned as they are. In either case nothing is left in it of what rows and statements held, so that it may be logged and kept anywhere.
 */
export function failureFromPostgres(error: unknown): unknown {
  if (error instanceof Failure) return error;
  if (error instanceof DatabaseError) removeContents(error);
  const isDrivers = sqlState(error) === undefined;
  const isOutage = isDrivers ? isDriverError(error) : !isConflict(error) && outageFrom(error) !== undefined;
  return isOutage ? databaseOutage(error) : error;
}

/** What the server says besides code and names: rows, parameters, statements. */
const CONTENTS = ["detail", "hint", "where", "internalQuery", "internalPosition"] as const;

/** Classes whose messages hold names at most. In others (data exceptions, `raise`, …) they quote values. */
const NAMES_ONLY = /^(?:08|23|25|26|28|3D|3F|40|42|53|54|55|57|58)/;

function removeContents(error: DatabaseError): void {
  for (const field of CONTENTS) delete error[field];
  const { message, code = "" } = error;
  if (NAMES_ONLY.test(code) && !quotesInput(error)) return;
  const facts = [code, error.constraint, error.table, error.column, error.routine];
  error.message = `the database refused a value (${facts.filter(Boolean).join(", ")})`;
  error.stack = error.stack?.replace(message, () => error.message) ?? "";
}

/** Functions say what they like under any code (`raise … using errcode`). Syntax errors are of statements, which are written in the code, but also of what functions parse: `tsquery`, `jsonpath`. */
const quotesInput = ({ code, routine }: DatabaseError): boolean =>
  routine === "exec_stmt_raise" || (code === "42601" && routine !== "scanner_yyerror");

const driverMessages = /timeout|terminated|not queryable|ECONN|EPIPE|ENOTFOUND|EAI_AGAIN|ended|closed/i;

/** pg reports lost connections and its pool's timeouts as plain errors. */
const isDriverError = (error: unknown): boolean =>
  error instanceof Error && driverMessages.test(`${(error as NodeJS.ErrnoException).code ?? ""} ${error.message}`);

/** The SQLSTATE of what the server answered; undefined for all that is no answer of a server. */
export const sqlState = (error: unknown): string | undefined => databaseError(error)?.code;

function databaseError(error: unknown): DatabaseError | undefined {
  const source = error instanceof Failure ? error.cause : error;
  return source instanceof DatabaseError ? source : undefined;
}
