import type { Transaction } from "../../database/database.ts";
import { sqlState } from "../../database/postgres-error.ts";
import type { Message } from "../message.ts";

/** A message that its consumer could not handle. */
export type DeadLetter = {
  id: string;
  consumer: string;
  messageId: string;
  type: string;
  message: Message;
  /** What was wrong, in one line. */
  cause: string;
  stack: string | null;
  /** How often handling was tried. */
  attempts: number;
  traceId: string;
  /** Letters of one lane are redriven in their order. */
  lane: string;
};

/** Keeps a dead letter; does nothing when there is one of this message and consumer. */
export const addDeadLetter = (tx: Transaction, letter: DeadLetter): Promise<unknown> =>
  tx.query(
    `insert into dead_letter (id, consumer, message_id, type, message, cause, stack, attempts, trace_id, lane)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict (consumer, message_id) do nothing`,
    [
      letter.id,
      letter.consumer,
      letter.messageId,
      letter.type,
      JSON.stringify(letter.message),
      letter.cause,
      letter.stack,
      letter.attempts,
      letter.traceId,
      letter.lane,
    ],
  );

/** Whether the database can't hold what it was given, whatever state it is in: data it does not know (22) or that is too much (54). */
export const isUnstorable = (error: unknown): boolean => /^(22|54)/.test(sqlState(error) ?? "");
