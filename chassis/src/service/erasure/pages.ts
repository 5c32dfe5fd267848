import type { Queryable } from "../../database/database.ts";

/** A table that may tell of people. All of it is SQL that is written in the code. */
export type Searched = {
  readonly table: string;
  /** The primary key's columns, with their types. */
  readonly key: Readonly<Record<string, string>>;
  /** What is searched for people's ids. */
  readonly text: string;
  /** What is searched in any case. */
  readonly always?: string;
  /** What is needed of a row that tells of one. */
  readonly columns: readonly string[];
};

const PAGE = 1_000;
const ifFound = (column: string): string => `case when found then ${column} end as ${column}`;

/**
 * The rows of a table that hold any of these ids, a page for each 1,000 rows that were looked through, in the order of their key. Looks each row up by the key alone: there
 * is no index on what JSON holds.
 */
export async function* pagesAbout<Row extends object>(
  database: Queryable,
  { table, key, text, always = "false", columns }: Searched,
  subjects: readonly string[],
): AsyncGenerator<Row[]> {
  const names = Object.keys(key);
  const after = Object.values(key).map((type, index) => `$${index + 2}::${type}`);
  const select = (where: string) => `
    with page as materialized (select * from ${table} ${where} order by ${names} limit ${PAGE}),
      looked as (select *, (${always}) or exists (
        select from unnest($1::text[]) as subject where position(subject in ${text}) > 0) as found from page)
    select ${[...names, "found", ...columns.map(ifFound)]} from looked order by ${names}`;
  let last: unknown[] = [];
  for (;;) {
    const where = last.length === 0 ? "" : `where (${names}) > (${after})`;
    const rows = await database.query<Row & { found: boolean }>(select(where), [subjects, ...last]);
    const hits = rows.filter(({ found }) => found);
    if (hits.length > 0) yield hits;
    const end = rows.at(-1) as Record<string, unknown> | undefined;
    if (rows.length < PAGE || !end) return;
    last = names.map((name) => end[name]);
  }
}
