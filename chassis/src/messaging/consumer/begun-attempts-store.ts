import type { Queryable } from "../../database/database.ts";

/** Notes that a consumer begins to handle a message; resolves with how many such attempts began before and never ended. */
export async function noteBegun(database: Queryable, consumer: string, messageId: string): Promise<number> {
  const [noted] = await database.query<{ before: number }>(
    `insert into begun_attempt (consumer, message_id) values ($1, $2)
     on conflict (consumer, message_id) do update set attempts = begun_attempt.attempts + 1, noted_at = now()
     returning attempts - 1 as before`,
    [consumer, messageId],
  );
  return noted?.before ?? 0;
}

/** Forgets the attempts: the last one ended. */
export const noteEnded = (database: Queryable, consumer: string, messageId: string): Promise<unknown> =>
  database.query("delete from begun_attempt where consumer = $1 and message_id = $2", [consumer, messageId]);

/** Forgets up to `limit` attempts that began more than `days` ago; resolves with how many. */
export async function removeBegun(database: Queryable, days: number, limit: number): Promise<number> {
  const removed = await database.query(
    `delete from begun_attempt where (consumer, message_id) in (
       select consumer, message_id from begun_attempt where noted_at < now() - $1 * interval '1 day' limit $2)
     returning 1`,
    [days, limit],
  );
  return removed.length;
}
