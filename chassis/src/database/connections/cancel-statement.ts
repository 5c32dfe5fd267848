import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";

/** What pg knows of a connection and does not type. */
type Cancellable = { host: string; port: number; ssl: unknown; processID: number; secretKey: number };
type CancelConnection = pg.Connection & {
  connect(port: number | string, host?: string): void;
  cancel(processId: number, secretKey: number): void;
};

/** Milliseconds after which a server that has not taken the request is left to itself. */
const PATIENCE = 1_000;

/**
 * Asks the server to end the statement that runs on a connection (PostgreSQL's CancelRequest, on a connection of its own). Resolves
 * when the server has passed the request on or did not within a second: from then on it can't hit a later statement. Never rejects.
 */
export async function cancelStatement(client: pg.ClientBase): Promise<void> {
  const { host, port, ssl, processID, secretKey } = client as unknown as Cancellable;
  const connection = new pg.Connection({ ssl: ssl as pg.ConnectionConfig["ssl"] }) as CancelConnection;
  const closed = new Promise<void>((resolve) => {
    // The server answers nothing and closes the connection.
    connection.once("end", resolve).on("error", () => resolve());
  });
  connection.once(ssl ? "sslconnect" : "connect", () => connection.cancel(processID, secretKey));
  if (host.startsWith("/")) connection.connect(`${host}/.s.PGSQL.${port}`);
  else connection.connect(port, host);
  const inTime = new AbortController();
  await Promise.race([closed, delay(PATIENCE, undefined, { signal: inTime.signal }).catch(() => {})]);
  inTime.abort();
  connection.stream.destroy();
}
