import { DatabaseError } from "pg";
import { type Failure, unavailable } from "../../../core/failure/failure.ts";
import { sqlState } from "../../../database/postgres-error.ts";
import { messageRefused } from "../message-refused.ts";

/** Data that the server does not know or does not allow, or that is too much for it. */
const aboutData = /^(22|23|54)/;

/**
 * What it means that messages were not stored: `message_refused` when the server says that it is because of what they are or whose they are, else
 * `unavailable`, whatever the reason: a server that is read-only, has lost a table or does not know the password any more is as good as away.
 */
export function publishFailure(error: unknown): Failure {
  const isRefused = aboutData.test(sqlState(error) ?? "") || isForbiddenRow(error);
  if (isRefused) return messageRefused.failure({ cause: error });
  return unavailable.is(error) ? error : unavailable.failure({ cause: error });
}

/** A policy that refuses a row has the code of a right that is missing (42501), but says that the message is another's to publish. */
const isForbiddenRow = (error: unknown): boolean =>
  error instanceof DatabaseError && error.code === "42501" && error.routine === "ExecWithCheckOptions";
