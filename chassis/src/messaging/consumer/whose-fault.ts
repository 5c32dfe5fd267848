import { unavailable } from "../../core/failure/failure.ts";
import { errorFrom } from "../../core/failure/thrown.ts";
import { isConflict, isDatabaseOutage, sqlState } from "../../database/postgres-error.ts";
import { isEviction } from "../../database/transactions/idle-transactions.ts";
import type { EventHandler } from "../messaging.ts";
import { tookTooLong } from "../took-too-long.ts";

/**
 * Whose fault it is that an attempt failed:
 * - `database`: the consumer's own, before or after the handler. The message has nothing to do with it.
 * - `unclear`: a statement of the handler's met a database that is away, or a conflict, or its transaction was rolled back since it held up
 *   others. Each is as likely to be the handler's doing.
 * - `handler`: everything else, such as another service that is not available.
 */
export type Fault = "database" | "unclear" | "handler";

const thrownByHandlers = new WeakSet<object>();

/** The same handler; what it throws, whatever that is, comes out as an error that is known as its own. */
export const withOwnErrors =
  (handle: EventHandler<unknown>): EventHandler<unknown> =>
  async (body, tx, message) => {
    try {
      await handle(body, tx, message);
    } catch (thrown) {
      const error = errorFrom(thrown);
      thrownByHandlers.add(error);
      throw error;
    }
  };

/** Says whose fault an error of an attempt is, by where it was thrown rather than by its code. */
export function whoseFault(error: unknown): Fault {
  const isHandlers = typeof error === "object" && error !== null && thrownByHandlers.has(error);
  if (isHandlers) return causesOf(error).some(isUnclear) ? "unclear" : "handler";
  if (isEviction(error)) return "unclear";
  const isDatabases = unavailable.is(error) || isConflict(error) || unusable.test(sqlState(error) ?? "");
  return isDatabases ? "database" : "handler";
}

/** A statement that took too long is the handler's: it would hold up its key for ever. */
const isUnclear = (error: unknown): boolean =>
  isConflict(error) || (isDatabaseOutage(error) && !tookTooLong(error)) || away.test(sqlState(error) ?? "");

/** The database refuses the sign-in, or is gone. */
const away = /^(28...|3D000)$/;

/** What statements of our own meet where tables or rights are missing, or the above. */
const unusable = /^(25...|28...|3D000|3F000|42501|42P01|42703|42883|XX...)$/;

/** An error and those behind it, which may go round in a circle. */
function causesOf(error: unknown): unknown[] {
  const causes: unknown[] = [];
  for (let cause = error; cause !== undefined && causes.length < 10; cause = errorFrom(cause).cause) {
    causes.push(errorFrom(cause));
  }
  return causes;
}
