import { createHash } from "node:crypto";
import { currentContext } from "../../context/context.ts";
import { describeError, legible, stackOf } from "../../core/failure/thrown.ts";
import { newId } from "../../core/id.ts";
import type { Database } from "../../database/database.ts";
import type { Delivery } from "../brokers/broker.ts";
import { recordInInbox } from "../consumer/inbox-store.ts";
import { standIn } from "../envelope.ts";
import type { Message } from "../message.ts";
import { canonicalId } from "../message-id.ts";
import { addDeadLetter, type DeadLetter, isUnstorable } from "./dead-letter-store.ts";

/**
 * Parks a message with its cause, in one transaction with its inbox row; does nothing when it has been handled meanwhile. Whatever it holds can be
 * parked: rejects only when the database is of no use.
 */
export async function park(database: Database, consumer: string, delivery: Delivery, error: unknown): Promise<void> {
  const { message } = delivery;
  const letter = letterOf(consumer, delivery, error);
  try {
    await keep(database, letter);
  } catch (failure) {
    if (!isUnstorable(failure)) throw failure;
    const body = `base64:${Buffer.from(JSON.stringify(message)).toString("base64")}`;
    await keep(database, { ...letter, message: standIn({ id: letter.id, type: letter.type }, body) });
  }
}

function letterOf(consumer: string, { message, attempt }: Delivery, error: unknown): DeadLetter {
  const id = newId();
  return {
    id,
    consumer,
    // Messages without an id of their own are not one message.
    messageId: canonicalId(message.id) ?? `none ${id}`,
    type: legible(message.type, 200),
    message,
    cause: describeError(error),
    stack: stackOf(error),
    attempts: attempt,
    traceId: currentContext()?.trace.traceId ?? "",
    lane: laneOf(message),
  };
}

/** Source and key, which may hold anything and be of any length. */
const laneOf = ({ source, key }: Message): string =>
  createHash("sha256")
    .update(JSON.stringify([source, key]))
    .digest("base64url");

const keep = (database: Database, letter: DeadLetter): Promise<void> =>
  database.transaction(async (tx) => {
    const messageId = canonicalId(letter.messageId);
    if (messageId !== undefined && !(await recordInInbox(tx, letter.consumer, messageId))) return;
    await addDeadLetter(tx, letter);
  });
