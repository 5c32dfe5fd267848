import type { Queryable, Transaction } from "../../database/database.ts";

/** Notes that a person's data is to be erased. */
export const noteErasure = (tx: Transaction, subject: string): Promise<unknown> =>
  tx.query(
    "insert into erasure (subject) values ($1) on conflict (subject) do update set asked_at = now(), due_at = now()",
    [subject],
  );

/** The people who are to be looked for now, at most 100. */
export async function dueErasures(database: Queryable): Promise<string[]> {
  const due = await database.query<{ subject: string }>(
    "select subject from erasure where due_at <= now() order by due_at limit 100",
  );
  return due.map(({ subject }) => subject);
}

/** Seconds from one look to the next for the first minute: what was under way when a person went arrives by then. */
const AT_FIRST = 15;

/** Has people looked for again in so many seconds, and no more once they were asked for `days` ago. */
export async function putOffErasures(
  database: Queryable,
  subjects: readonly string[],
  { seconds, days }: { seconds: number; days: number },
): Promise<void> {
  await database.query(
    `update erasure set due_at = now() + interval '1 second'
       * case when asked_at > now() - interval '1 minute' then least($2, ${AT_FIRST}) else $2 end
      where subject = any ($1) and due_at <= now()`,
    [subjects, seconds],
  );
  await database.query("delete from erasure where asked_at < now() - $1 * interval '1 day'", [days]);
}
