import type { Queryable } from "./transactions/transaction.ts";

/** Rows that are removed when their time is over. All but `days` is SQL that is written in the code. */
export type Retention = {
  readonly table: string;
  /** The primary key, one column. */
  readonly key: string;
  /** The column that says from when on the days count. It has an index. */
  readonly since: string;
  readonly days: number;
  /** Which of the rows. Default: all. */
  readonly where?: string;
};

const STEP = 1_000;

/**
 * Removes up to 1,000 rows whose time is over, the oldest first; resolves with whether there may be more. What others have locked is passed over until
 * next time, so that neither waits for the other.
 */
export async function removeOld(database: Queryable, retention: Retention): Promise<boolean> {
  const { table, key, since, days, where = "true" } = retention;
  const removed = await database.query(
    `delete from ${table} where ${key} = any (array(
       select ${key} from ${table} where ${since} < now() - $1 * interval '1 day' and (${where})
        order by ${since} limit ${STEP} for update skip locked))
     returning 1`,
    [days],
  );
  return removed.length === STEP;
}
