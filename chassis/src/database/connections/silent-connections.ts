import pg from "pg";
import type { Log } from "../../telemetry/log.ts";
import { connectionTo } from "./connection-to.ts";
import { abandon, awaitedSince } from "./statement.ts";

/** Finds connections whose other side is gone without a word, as after a server or a firewall that has forgotten them. */
export type SilenceWatch = {
  /** Whether a connection was opened before another one was found dead: what befell that one has probably befallen this one. */
  isDoubtful(client: pg.ClientBase): boolean;
  close(): void;
};

/** Milliseconds between looks, and those that a statement may take before the server is asked about it. */
const INTERVAL = 250;
const LONG = 500;
/** Milliseconds that the question may take. */
const PATIENCE = 1_000;

/**
 * Looks after the statements of a pool. When one takes long, the server is asked on a new connection whether it works on it; when it does
 * not, twice in a row, nobody will ever answer, and the connection is ended. A server that can't be asked tells nothing, and neither does
 * one behind a pooler, which gives connections numbers of its own: a statement's own time bounds it there.
 */
export function watchSilence(pool: pg.Pool, options: { url: string; name: string; log: Log }): SilenceWatch {
  const openedAt = new Map<pg.ClientBase, number>();
  pool.on("connect", (client) => void openedAt.set(client, performance.now()));
  pool.on("remove", (client) => void openedAt.delete(client));
  let doubtfulBefore = 0;
  let suspects = new Map<pg.ClientBase, number>();
  let asking = false;

  async function ask(clients: readonly pg.ClientBase[]): Promise<void> {
    const asked = new Map(clients.map((client) => [client, awaitedSince(client)]));
    const forgotten = await forgottenOf(clients, options);
    const next: typeof suspects = new Map();
    for (const client of forgotten) {
      const since = asked.get(client);
      // Another statement by now, or none: the answer has come.
      if (since === undefined || since !== awaitedSince(client)) continue;
      if (suspects.get(client) !== since) {
        next.set(client, since);
        continue;
      }
      doubtfulBefore = performance.now();
      options.log.warn({}, "a database connection whose other side is gone was given up");
      abandon(client);
    }
    suspects = next;
  }

  const look = setInterval(() => {
    const now = performance.now();
    const long = [...openedAt.keys()].filter((client) => now - (awaitedSince(client) ?? now) > LONG);
    if (asking || long.length === 0) return;
    asking = true;
    ask(long)
      .catch(() => {})
      .finally(() => {
        asking = false;
      });
  }, INTERVAL).unref();
  return {
    isDoubtful: (client) => (openedAt.get(client) ?? 0) < doubtfulBefore,
    close: () => clearInterval(look),
  };
}

const atWork = `select pg_backend_pid() as asker, array(select pid from pg_stat_activity
  where pid = any($1) and coalesce(state, '') not like 'idle%') as at_work`;

/** Those of them that the server does no work for. */
async function forgottenOf(
  clients: readonly pg.ClientBase[],
  { url, name }: { url: string; name: string },
): Promise<pg.ClientBase[]> {
  const asker = new pg.Client({
    ...connectionTo(url),
    application_name: name,
    connectionTimeoutMillis: PATIENCE,
    query_timeout: PATIENCE,
  });
  asker.on("error", () => {});
  try {
    await asker.connect();
    const { rows } = await asker.query<{ asker: number; at_work: number[] }>(atWork, [clients.map(processOf)]);
    const [row] = rows;
    if (row?.asker !== processOf(asker)) return [];
    return clients.filter((client) => !row.at_work.includes(processOf(client)));
  } finally {
    asker.end().catch(() => {});
  }
}

/** What pg knows of a connection and does not type: the number of the process that serves it. */
const processOf = (client: pg.ClientBase): number => (client as unknown as { processID: number }).processID;
