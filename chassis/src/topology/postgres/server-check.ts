import pg from "pg";
import { connectionTo } from "../../database/connections/connection-to.ts";

type Row = { off: string | null; may_create: boolean };

const reasons: Readonly<Record<string, string>> = {
  "28000": "it refuses the sign-in",
  "28P01": "it refuses the sign-in",
  "3D000": "there is no such database on it",
};

/**
 * Whether an outside PostgreSQL server can be used: reachable, allowed to make databases, and keeping what was committed. Undefined
 * when all is well, else what is wrong, without anything of the URL in it.
 */
export async function serverFault(url: string): Promise<string | undefined> {
  try {
    const row = await ask(url);
    if (!row?.may_create) return "its role may not create databases (ALTER ROLE … CREATEDB)";
    return row.off ? `the server would lose what was committed: ${row.off} is off` : undefined;
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    return `the server can't be used: ${reasons[code ?? ""] ?? code ?? message}`;
  }
}

async function ask(url: string): Promise<Row | undefined> {
  const client = new pg.Client({ ...connectionTo(url), connectionTimeoutMillis: 5_000 });
  await client.connect();
  try {
    const { rows } = await client.query<Row>(
      `select (rolsuper or rolcreatedb) as may_create, (
         select string_agg(name, ', ') from pg_settings
         where name in ('fsync', 'full_page_writes', 'synchronous_commit') and setting = 'off') as off
       from pg_roles where rolname = current_user`,
    );
    return rows[0];
  } finally {
    await client.end();
  }
}
