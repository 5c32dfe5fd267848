import type { Database, Transaction } from "../../database/database.ts";
import { combinedWrite } from "../../database/transactions/combined.ts";

/** Records that `consumer` handles these messages; resolves with those that it has not handled before. */
async function recordAllInInbox(tx: Transaction, consumer: string, ids: readonly string[]): Promise<Set<string>> {
  // In one order, so that replicas with the same messages wait for each other instead of locking each other out.
  const recorded = await tx.query<{ id: string }>(
    `insert into inbox (message_id, consumer) select id, $2 from unnest($1::uuid[]) as ids (id)
     on conflict do nothing returning message_id as id`,
    [ids.toSorted(), consumer],
  );
  return new Set(recorded.map(({ id }) => id));
}

/** Records that `consumer` handles the message; false when it has already done so. A repeat at the same time waits for the first. */
export const recordInInbox = async (tx: Transaction, consumer: string, messageId: string): Promise<boolean> =>
  (await recordAllInInbox(tx, consumer, [messageId])).size > 0;

/** Makes {@link recordInInbox} for a consumer whose messages come together: members of a group record theirs by one statement. */
export const createInbox = (consumer: string) =>
  combinedWrite<string, boolean>(
    async (tx, ids) => {
      const fresh = await recordAllInInbox(tx, consumer, ids);
      return ids.map((id) => fresh.has(id));
    },
    { holds: (id) => `inbox ${id}` },
  );

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
