import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { startEmbeddedPostgres } from "../../chassis/src/topology/postgres/embedded-postgres.ts";

/** What a PostgreSQL server has done so far, all databases together. */
export type ServerCounts = Readonly<Record<(typeof COUNTED)[number], number>>;

const COUNTED = ["commits", "statements", "inserted", "updated", "deleted", "walRecords", "walBytes"] as const;

/** A PostgreSQL server that counts. */
export type CountedServer = {
  readonly url: string;
  readonly pid: number;
  counts(): Promise<ServerCounts>;
  stop(): Promise<void>;
};

/** Statements of the measurement itself are left out. */
const COUNT = `
  select (select sum(xact_commit) from pg_stat_database) as commits,
    (select sum(calls) from pg_stat_statements where toplevel and query not like '%pg_stat%') as statements,
    (select sum(tup_inserted) from pg_stat_database) as inserted,
    (select sum(tup_updated) from pg_stat_database) as updated,
    (select sum(tup_deleted) from pg_stat_database) as deleted,
    wal_records as "walRecords", wal_bytes as "walBytes"
  from pg_stat_wal`;

/** Statistics of other sessions arrive within a second. */
const ARRIVAL = 1_500;

/** Starts a server in `dataFolder` that counts statements as well. */
export async function startCountedServer(dataFolder: string): Promise<CountedServer> {
  const first = await startEmbeddedPostgres({ dataFolder });
  await asked(first.url, "alter system set shared_preload_libraries = 'pg_stat_statements'");
  await first.stop();
  const server = await startEmbeddedPostgres({ dataFolder });
  await asked(server.url, "create extension if not exists pg_stat_statements");
  return {
    url: server.url,
    pid: server.pid,
    stop: () => server.stop(),
    async counts() {
      await delay(ARRIVAL);
      const [row] = await asked(server.url, COUNT);
      return Object.fromEntries(COUNTED.map((name) => [name, Number(row?.[name])])) as ServerCounts;
    },
  };
}

async function asked(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}
