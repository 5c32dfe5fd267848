import type { Database } from "../../database/database.ts";
import { groupTransactions } from "../../database/transactions/group-transactions.ts";
import type { Message } from "../message.ts";
import { withinTime } from "../within-time.ts";
import { createInbox } from "./inbox-store.ts";
import type { Readable } from "./read-message.ts";

/** How long a handler may take, in milliseconds. */
export const HANDLING_TIME = 20_000;

/** Applied now, or a repeat of what was applied before. */
export type Applied = "applied" | "repeated";

/** The most messages in one transaction: what one of them has locked is locked until all are done. */
const MOST = 50;

/**
 * Makes a function that applies a message: its inbox row, its effects and its outgoing events commit together or not at all. Messages that
 * come at the same time share a transaction as far as their handlers allow it (see `groupTransactions`); each is isolated, and one
 * whose handler throws, hangs or takes too long (`deadline_exceeded`) takes nothing with it.
 */
export function applyTogether(
  database: Database,
  consumer: string,
  handlingTime = HANDLING_TIME,
): (message: Message, readable: Readable) => Promise<Applied> {
  const transaction = groupTransactions(database, { most: MOST, priority: "low" });
  const record = createInbox(consumer);
  return (message, { body, handle }) =>
    transaction(
      message.id,
      async (tx) => {
        if (!(await record(tx, message.id))) return "repeated";
        await withinTime(handlingTime, () => handle(body, tx, message));
        return "applied";
      },
      handle,
    );
}
