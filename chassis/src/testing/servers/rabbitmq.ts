import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { access, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { freePort } from "../../topology/network/free-port.ts";
import { afterEverything, type Cleanup, fileCleanup } from "../file-cleanup.ts";

/** A RabbitMQ node of a test's own. */
export type RabbitmqNode = {
  readonly url: string;
  /** Ends it as a power cut would. */
  kill(): Promise<void>;
  /** Starts it again, with what it had stored. */
  start(): Promise<void>;
  /** Runs `rabbitmqctl` on it. */
  control(...args: string[]): Promise<string>;
};

const programs = "/usr/lib/rabbitmq/bin";

/** Why tests against RabbitMQ can't run here; false when they can. */
export const rabbitmqMissing: string | false = await access(`${programs}/rabbitmq-server`).then(
  () => false,
  () => "RabbitMQ is not installed: apt-get install rabbitmq-server",
);

let shared: Promise<RabbitmqNode> | undefined;

/** The node that the tests of a file share; ends with them. */
export const rabbitmqNode = (): Promise<RabbitmqNode> => (shared ??= startRabbitmq(fileCleanup));

/** Starts a node of its own on free ports; it is gone after everything else of the test has been cleaned up. */
export async function startRabbitmq(t: Cleanup): Promise<RabbitmqNode> {
  const folder = await mkdtemp(join(tmpdir(), "flotilla-test-"));
  const [port, distribution, names] = await Promise.all([freePort(), freePort(), freePort()]);
  const environment = await prepare(folder, { port, distribution, names });
  let server: ChildProcess | undefined;
  const guard = spawnGuard(folder, names);

  const start = async () => {
    server = spawn(`${programs}/rabbitmq-server`, { env: environment, detached: true, stdio: "ignore" });
    await answers(port, server);
  };
  const end = async (signal: NodeJS.Signals) => {
    if (!server || server.exitCode !== null || server.signalCode !== null) return;
    const exited = once(server, "exit");
    process.kill(-(server.pid as number), signal);
    await exited;
    // What it started may take a moment longer to end.
    while (await greets(port)) await new Promise((resolve) => setTimeout(resolve, 20));
  };
  const stop = async () => {
    await end("SIGKILL");
    await endNames(environment);
    guard.kill("SIGKILL");
    // Not before: a node that lives puts something into it again.
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  if (t === fileCleanup) afterEverything(stop);
  else t.after(() => t.after(stop));
  await start();
  return {
    url: `amqp://guest:guest@127.0.0.1:${port}`,
    kill: () => end("SIGKILL"),
    start,
    control: async (...args) =>
      (await promisify(execFile)(`${programs}/rabbitmqctl`, args, { env: environment })).stdout,
  };
}

/** The server of node names ends only once it has noticed that the node is gone. */
async function endNames(environment: NodeJS.ProcessEnv): Promise<void> {
  for (let tries = 0; tries < 50; tries++) {
    const ended = await promisify(execFile)("epmd", ["-kill"], { env: environment }).then(
      ({ stdout }) => stdout.includes("Killed"),
      () => false,
    );
    if (ended) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

type Ports = { port: number; distribution: number; names: number };

async function prepare(folder: string, { port, distribution, names }: Ports): Promise<NodeJS.ProcessEnv> {
  await mkdir(join(folder, "log"));
  await writeFile(join(folder, "enabled_plugins"), "[].");
  await writeFile(
    join(folder, "rabbitmq.conf"),
    [
      `listeners.tcp.local = 127.0.0.1:${port}`,
      "disk_free_limit.absolute = 50MB",
      "raft.wal_max_size_bytes = 32000000",
      "log.file.level = warning",
    ].join("\n"),
  );
  return {
    PATH: process.env["PATH"],
    HOME: folder,
    ERL_EPMD_PORT: String(names),
    ERL_EPMD_ADDRESS: "127.0.0.1",
    RABBITMQ_NODENAME: `test${port}@localhost`,
    RABBITMQ_DIST_PORT: String(distribution),
    RABBITMQ_MNESIA_BASE: join(folder, "data"),
    RABBITMQ_LOG_BASE: join(folder, "log"),
    RABBITMQ_CONFIG_FILE: join(folder, "rabbitmq.conf"),
    RABBITMQ_CONF_ENV_FILE: join(folder, "none"),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, "enabled_plugins"),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: "+sbwt none +sbwtdcpu none +sbwtdio none",
  };
}

/** Resolves when the node greets whoever connects. */
async function answers(port: number, server: ChildProcess): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (!(await greets(port))) {
    if (server.exitCode !== null) throw new Error(`RabbitMQ ended with ${server.exitCode}`);
    if (performance.now() > deadline) throw new Error("RabbitMQ did not start within 60 s");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** It listens only once it is up. */
const greets = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });

/** Tests are killed now and then; what ends their node must outlive them. The node's command line names its folder. */
function spawnGuard(folder: string, names: number): ChildProcess {
  const script = `while kill -0 "$1" 2>/dev/null; do sleep 1; done
for process in /proc/[0-9]*; do
  if tr '\\0' ' ' <"$process/cmdline" 2>/dev/null | grep -q "beam.*$2"; then kill -KILL "\${process#/proc/}"; fi
done
ERL_EPMD_PORT="$3" epmd -kill >/dev/null 2>&1; rm -rf "$2"`;
  const args = ["-c", script, "sh", String(process.pid), folder, String(names)];
  const guard = spawn("sh", args, { detached: true, stdio: "ignore" });
  guard.once("error", () => {});
  guard.unref();
  return guard;
}
