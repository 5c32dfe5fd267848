import { validate as isUuid } from "uuid";
import { Failure } from "../core/failure.ts";
import { newId } from "../core/id.ts";
import type { Database } from "../database/database.ts";
import { currentContext } from "../telemetry/context.ts";
import type { Delivery } from "./broker.ts";
import { addDeadLetter } from "./dead-letter-store.ts";
import { recordInInbox } from "./inbox-store.ts";

/** Parks a message with its cause, in one transaction with its inbox row; does nothing when it has been handled meanwhile. */
export async function park(database: Database, consumer: string, delivery: Delivery, error: unknown): Promise<void> {
  const { message, attempt } = delivery;
  await database.transaction(async (tx) => {
    // The inbox takes UUIDs only; a message with another id has no repeats to be known.
    if (isUuid(message.id) && !(await recordInInbox(tx, consumer, message.id))) return;
    const id = newId();
    await addDeadLetter(tx, {
      id,
      consumer,
      // Messages without an id of their own are not one message.
      messageId: isUuid(message.id) ? message.id : `none ${id}`,
      message,
      cause: describeError(error),
      stack: stackOf(error),
      attempts: attempt,
      traceId: currentContext()?.trace.traceId ?? "",
    });
  });
}

/** An error and what lies behind it, in one line. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return printable(String(error));
  const code = error instanceof Failure ? `${error.code}: ` : "";
  const faults = error instanceof Failure ? (error.errors ?? []).map(({ path, message }) => `${path} ${message}`) : [];
  const own = [`${code}${error.message}`, ...faults].join("; ");
  return printable(error.cause === undefined ? own : `${own} (caused by ${describeError(error.cause)})`);
}

/** Its stack, and those of what lies behind it. */
export function stackOf(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  const behind = stackOf(error.cause);
  return printable(behind ? `${error.stack}\ncaused by ${behind}` : (error.stack ?? ""));
}

/** PostgreSQL's text holds no NUL. */
const printable = (text: string): string => text.replaceAll("\0", "\\0").slice(0, 20_000);
