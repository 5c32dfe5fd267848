import type { Queryable } from "../../database/database.ts";

/** Rows of a service's own that tell of a person. All of it is SQL that is written in the code. */
export type Erasure = {
  readonly table: string;
  /** The primary key, one column. */
  readonly key: string;
  /** Which rows: `$1` is the person's id. It is not true any more of those that are erased; an index finds them. */
  readonly where: string;
  /** What becomes of them: `name = 'erased'`. Default: they are removed. */
  readonly set?: string;
};

const STEP = 1_000;

/** Erases them, 1,000 at a time; resolves with whether some are left since others have them locked. */
export async function eraseRows(
  database: Queryable,
  { table, key, where, set }: Erasure,
  subject: string,
): Promise<boolean> {
  const erase = set === undefined ? `delete from ${table}` : `update ${table} set ${set}`;
  const some = `select ${key} from ${table} where (${where}) limit ${STEP}`;
  const statement = `${erase} where ${key} = any (array(${some} for update skip locked)) returning 1`;
  while ((await database.query(statement, [subject])).length === STEP);
  return (await database.query(some, [subject])).length > 0;
}
