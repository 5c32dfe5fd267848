import { spawn } from "node:child_process";
import { readFile, stat } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { freePort } from "../network/free-port.ts";
import { boundLog, openProcessLog } from "../processes/process-log.ts";
import { type PostgresCluster, serverEnvironment } from "./postgres-cluster.ts";
import { type Postmaster, readPostmaster } from "./postmaster.ts";

export type PostgresServerOptions = {
  /** The port to listen on; without one a free one is found. */
  port?: number | undefined;
  /** Gives up survival of a crash for speed. Only for databases that a test throws away. */
  unsafeForTests?: boolean | undefined;
};

/** Starts the server of a cluster; when somebody takes the free port in between, on another one. */
export async function startServer(cluster: PostgresCluster, options: PostgresServerOptions): Promise<Postmaster> {
  for (let attempt = 1; ; attempt++) {
    const port = options.port ?? (await freePort());
    const started = await startOnPort(port, cluster, options.unsafeForTests ?? false);
    if ("pid" in started) return started;
    if (options.port || attempt === 5 || !started.output.includes("could not bind"))
      throw new Error(`PostgreSQL does not start: ${started.output.trim()}`);
  }
}

async function startOnPort(port: number, cluster: PostgresCluster, unsafe: boolean) {
  const ended = new AbortController();
  boundLog(cluster.logFile);
  const since = await stat(cluster.logFile).then(
    ({ size }) => size,
    () => 0,
  );
  const pid = await spawnServer(port, cluster, unsafe, () => ended.abort());
  while (!ended.signal.aborted) {
    const postmaster = await readPostmaster(cluster.folder);
    if (postmaster?.pid === pid && postmaster?.status === "ready") return postmaster;
    await delay(20);
  }
  return { output: (await readFile(cluster.logFile)).toString("utf8", since) };
}

async function spawnServer(port: number, cluster: PostgresCluster, unsafe: boolean, onEnd: () => void) {
  const settings = { ...serverSettings(port), ...(unsafe ? unsafeSettings : {}) };
  const { program, args, ...ids } = cluster.account.command(cluster.binaries.postgres, [
    ...["-D", cluster.folder],
    ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
  ]);
  const output = await openProcessLog(cluster.logFile);
  try {
    const stdio: ["ignore", number, number] = ["ignore", output.fd, output.fd];
    const child = spawn(program, args, { ...ids, cwd: "/", env: serverEnvironment(), detached: true, stdio });
    child.once("exit", onEnd).once("error", onEnd);
    child.unref();
    return child.pid;
  } finally {
    await output.close();
  }
}

const serverSettings = (port: number) => ({
  listen_addresses: "127.0.0.1",
  port,
  unix_socket_directories: "",
  // Every replica of every service may hold ten and its broker some more; a slot that nobody uses costs next to nothing.
  max_connections: 500,
  shared_buffers: "96MB",
  // Reading in the backends themselves saves the memory of three more processes.
  io_method: "sync",
  max_wal_size: "1GB",
  wal_level: "minimal",
  max_wal_senders: 0,
  max_logical_replication_workers: 0,
  max_parallel_workers_per_gather: 0,
  jit: "off",
  log_checkpoints: "off",
  // What rows and statements hold is not for the log.
  log_error_verbosity: "terse",
  log_min_error_statement: "panic",
  timezone: "UTC",
  log_timezone: "UTC",
});

const unsafeSettings = {
  fsync: "off",
  full_page_writes: "off",
  synchronous_commit: "off",
  // Tests connect thousands of times, each to a database with a role of its own.
  scram_iterations: "1",
};
