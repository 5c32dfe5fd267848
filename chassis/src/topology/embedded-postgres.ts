import { execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdir, open, readFile, realpath, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import pg from "pg";
import { freePort } from "./free-port.ts";
import { type PostgresBinaries, postgresBinaries } from "./postgres-binaries.ts";
import { findPostmaster, type Postmaster, readPostmaster, stopPostmaster } from "./postmaster.ts";
import { type ServerAccount, serverAccount } from "./server-account.ts";

/** A PostgreSQL server that belongs to this process. */
export type EmbeddedPostgres = {
  /** The URL of its superuser, database `postgres`. */
  readonly url: string;
  readonly pid: number;
  /** Ends all sessions, writes everything down, and resolves once the server is gone. */
  stop(): Promise<void>;
};

export type EmbeddedPostgresOptions = {
  /** Its databases, password and log. Made when it is not there; what is in there is used again. */
  dataFolder: string;
  /** Hears what happens, a line at a time. */
  log?: (line: string) => void;
  /** Gives up survival of a crash for speed. Only for databases that a test throws away. */
  unsafeForTests?: boolean;
};

/**
 * Starts the PostgreSQL that came with npm, on a free port of the loopback address. It runs in a session of its own: signals
 * of the terminal don't reach it, and when this process dies it stays, to be adopted by the next call for the same folder.
 * Throws when the server can't be started, or when it would not keep what was committed.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const log = options.log ?? (() => {});
  await mkdir(options.dataFolder, { recursive: true, mode: 0o700 });
  const dataFolder = await realpath(options.dataFolder);
  const cluster = join(dataFolder, "cluster");
  const binaries = await postgresBinaries();
  const account = await serverAccount(dataFolder, [dataFolder, binaries.postgres]);
  await account.give(dataFolder);
  await createCluster({ dataFolder, cluster, binaries, account, log });
  const password = await readFile(passwordFile(dataFolder), "utf8");
  const left = await findPostmaster(cluster);
  if (left) log(`adopted the PostgreSQL server that was left running (process ${left.pid})`);
  const { pid, port } = left ?? (await startServer(options, { dataFolder, cluster, binaries, account }));
  const url = `postgres://postgres:${password.trim()}@127.0.0.1:${port}/postgres`;
  try {
    await assertKeepsItsWord(url, options.unsafeForTests ?? false);
  } catch (error) {
    await stopPostmaster(pid);
    throw error;
  }
  return { url, pid, stop: () => stopPostmaster(pid) };
}

type Place = { dataFolder: string; cluster: string; binaries: PostgresBinaries; account: ServerAccount };

const passwordFile = (dataFolder: string) => join(dataFolder, "password");

/** Makes the cluster unless it is there. One that was not finished is made anew: only a complete one gets its name. */
async function createCluster(place: Place & { log: (line: string) => void }): Promise<void> {
  const { dataFolder, cluster, binaries, account, log } = place;
  if (await stat(cluster).catch(() => undefined)) return;
  log("creating the database cluster");
  const unfinished = join(dataFolder, "cluster.unfinished");
  await rm(unfinished, { recursive: true, force: true });
  await writeFile(passwordFile(dataFolder), randomBytes(24).toString("hex"), { mode: 0o600 });
  await account.give(passwordFile(dataFolder));
  const { program, args, ...ids } = account.command(binaries.initdb, [
    ...["-D", unfinished, "--username=postgres", `--pwfile=${passwordFile(dataFolder)}`, "--auth=scram-sha-256"],
    ...["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"],
    ...["--no-instructions"],
  ]);
  await promisify(execFile)(program, args, { ...ids, cwd: dataFolder, env: serverEnvironment() });
  await rename(unfinished, cluster);
}

/** Starts the server; when somebody takes the free port in between, on another one. */
async function startServer(options: EmbeddedPostgresOptions, place: Place): Promise<Postmaster> {
  for (let attempt = 1; ; attempt++) {
    const started = await startOnPort(await freePort(), options, place);
    if ("pid" in started) return started;
    if (attempt === 5 || !started.output.includes("could not bind"))
      throw new Error(`PostgreSQL does not start: ${started.output.trim()}`);
  }
}

async function startOnPort(port: number, options: EmbeddedPostgresOptions, place: Place) {
  const { dataFolder, cluster, binaries, account } = place;
  const output = await open(join(dataFolder, "server.log"), "w", 0o600);
  const settings = { ...serverSettings(port), ...(options.unsafeForTests ? unsafeSettings : {}) };
  const { program, args, ...ids } = account.command(binaries.postgres, [
    ...["-D", cluster],
    ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
  ]);
  const child = spawn(program, args, {
    ...ids,
    cwd: dataFolder,
    env: serverEnvironment(),
    detached: true,
    stdio: ["ignore", output.fd, output.fd],
  });
  const ended = new Promise<true>((resolve) => {
    child.once("exit", () => resolve(true));
    child.once("error", () => resolve(true));
  });
  child.unref();
  await output.close();
  for (;;) {
    const postmaster = await readPostmaster(cluster);
    if (postmaster?.pid === child.pid && postmaster?.status === "ready") return postmaster;
    if (await Promise.race([ended, delay(20)]))
      return { output: await readFile(join(dataFolder, "server.log"), "utf8") };
  }
}

const serverSettings = (port: number) => ({
  listen_addresses: "127.0.0.1",
  port,
  unix_socket_directories: "",
  max_connections: 200,
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
  timezone: "UTC",
  log_timezone: "UTC",
});

const unsafeSettings = { fsync: "off", full_page_writes: "off", synchronous_commit: "off" };

/** Nothing of our own environment: PGDATA, PGPORT and the like would change what the server does. */
const serverEnvironment = () => ({
  PATH: process.env["PATH"] ?? "",
  LC_ALL: "C",
  SystemRoot: process.env["SystemRoot"],
});

async function assertKeepsItsWord(url: string, unsafeForTests: boolean): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  await client.connect();
  try {
    const { rows } = await client.query<{ name: string }>(
      "select name from pg_settings where name in ('fsync', 'full_page_writes', 'synchronous_commit') and setting <> 'on'",
    );
    const off = rows.map(({ name }) => name).join(", ");
    if (off && !unsafeForTests) throw new Error(`PostgreSQL would lose what was committed: ${off} is not on`);
  } finally {
    await client.end();
  }
}
