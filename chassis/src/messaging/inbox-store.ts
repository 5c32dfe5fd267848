import type { Database, Transaction } from "../database/database.ts";

/** Records that `consumer` handles the message; false when it has already done so. A repeat at the same time waits for the first. */
export async function recordInInbox(tx: Transaction, consumer: string, messageId: string): Promise<boolean> {
  const recorded = await tx.query(
    "insert into inbox (message_id, consumer) values ($1, $2) on conflict do nothing returning 1",
    [messageId, consumer],
  );
  return recorded.length > 0;
}

/** Forgets up to `limit` messages that were handled more than `days` ago; resolves with how many. */
export async function removeHandled(database: Database, days: number, limit: number): Promise<number> {
  const removed = await database.query(
    `delete from inbox where (message_id, consumer) in (
       select message_id, consumer from inbox where handled_at < now() - $1 * interval '1 day'
       order by handled_at limit $2)
     returning 1`,
    [days, limit],
  );
  return removed.length;
}
