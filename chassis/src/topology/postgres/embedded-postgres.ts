import { waitForEnd } from "../processes/running-process.ts";
import { openCluster } from "./postgres-cluster.ts";
import { type PostgresServerOptions, startServer } from "./postgres-server.ts";
import { findPostmaster, stopPostmaster } from "./postmaster.ts";
import { serverFault } from "./server-check.ts";

/** A PostgreSQL server that belongs to this process. */
export type EmbeddedPostgres = {
  /** The URL of its superuser, database `postgres`. */
  readonly url: string;
  readonly pid: number;
  readonly port: number;
  /** What the server says goes here. */
  readonly logFile: string;
  /** Waits up to `milliseconds` for the server to end; whether it has. */
  ended(milliseconds: number): Promise<boolean>;
  /** Ends all sessions, writes everything down, and resolves once the server is gone. */
  stop(): Promise<void>;
};

export type EmbeddedPostgresOptions = PostgresServerOptions & {
  /** Its databases, password and log. Made when it is not there; what is in there is used again. */
  dataFolder: string;
  /** Hears what happens, a line at a time. */
  log?: (line: string) => void;
};

/**
 * Starts the PostgreSQL that came with npm, on the loopback address. It runs in a session of its own: signals of the terminal
 * don't reach it, and when this process dies it stays, to be adopted by the next call for the same folder. Throws when the server
 * can't be started, or when it would not keep what was committed.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const log = options.log ?? (() => {});
  const cluster = await openCluster(options.dataFolder, log);
  const left = await findPostmaster(cluster.folder);
  if (left) log(`adopted the PostgreSQL server that was left running (process ${left.pid})`);
  const { pid, port } = left ?? (await startServer(cluster, options));
  const url = `postgres://postgres:${cluster.password}@127.0.0.1:${port}/postgres`;
  const stop = () => stopPostmaster(pid);
  const fault = options.unsafeForTests ? undefined : await serverFault(url);
  if (fault) {
    await stop();
    throw new Error(`the embedded PostgreSQL can't be used: ${fault}`);
  }
  return { url, pid, port, logFile: cluster.logFile, stop, ended: (milliseconds) => waitForEnd(pid, milliseconds) };
}
