import pg from "pg";

/**
 * Asks a server whether it would keep what was committed. Throws when it is not reachable, or when `fsync`, `full_page_writes` or
 * `synchronous_commit` is off.
 */
export async function assertDurable(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  await client.connect();
  try {
    const { rows } = await client.query<{ name: string }>(
      "select name from pg_settings where name in ('fsync', 'full_page_writes', 'synchronous_commit') and setting = 'off'",
    );
    const off = rows.map(({ name }) => name).join(", ");
    if (off) throw new Error(`the PostgreSQL server would lose what was committed: ${off} is off`);
  } finally {
    await client.end();
  }
}
