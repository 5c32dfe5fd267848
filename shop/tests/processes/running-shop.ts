import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Database, openDatabase } from "@flotilla/chassis/database";
import { createLog } from "@flotilla/chassis/telemetry/log";
import type { Cleanup } from "@flotilla/chassis/testing/postgres";
import { endLeftProcesses } from "@flotilla/chassis/topology/left-processes";
import { type RunFile, type RunningInstance, readRunFile } from "@flotilla/chassis/topology/run-file";
import { findPostmaster, stopPostmaster } from "../../../chassis/src/topology/postmaster.ts";
import { readAdministrator } from "../../administrator.ts";
import { eventually, Visitor } from "../visitor.ts";

/** How a process ended. */
export type Exit = { readonly code: number | null; readonly signal: NodeJS.Signals | null };

/** `node shop/start.ts`, running: real processes, seen from outside. */
export type RunningShop = {
  readonly dataFolder: string;
  /** What it has written to its output so far. */
  output(): string;
  where(): Promise<RunFile>;
  /** The process of a service. */
  processOf(service: string): Promise<RunningInstance>;
  /** Sends a signal to the process of a service; returns its id. */
  kill(service: string, signal?: NodeJS.Signals): Promise<number>;
  /** Resolves with the process that followed the one with this id, once it is ready. */
  restarted(service: string, pid: number): Promise<RunningInstance>;
  /** A service's database, seen by the server's superuser. */
  database(service: string): Database;
  /** Somebody who is not signed in. */
  visitor(): Visitor;
  /** The administrator, signed in. */
  admin(): Promise<Visitor>;
  /** Sends a signal to the supervisor and waits for its end. */
  stop(signal: NodeJS.Signals): Promise<Exit>;
  /** Types into the terminal that it runs in. */
  type(keys: string): void;
  readonly exit: Promise<Exit>;
};

export type RunShopOptions = {
  dataFolder: string;
  /** The program that runs it, and its arguments. Default: node itself. */
  command?: readonly string[];
};

export const startFile = fileURLToPath(new URL("../../start.ts", import.meta.url));

/** Longer than a start takes on a machine that has other things to do. */
const PATIENCE = 90_000;

/**
 * Makes a folder for a shop. When the test has ended and its supervisors have been stopped, whatever they left running is ended, by
 * what they wrote down, and the folder is removed.
 */
export async function shopFolder(t: Cleanup): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "flotilla-shop-"));
  const sweep = async () => {
    await endLeftProcesses(folder);
    const server = await findPostmaster(join(folder, "postgres", "cluster"));
    if (server) await stopPostmaster(server.pid);
    await rm(folder, { recursive: true, force: true });
  };
  t.after(() => t.after(sweep));
  return folder;
}

/** The environment of a shop: nothing of ours that would change it, free ports, and an end when we are gone. */
export const shopEnvironment = (dataFolder: string): NodeJS.ProcessEnv => ({
  PATH: process.env["PATH"],
  HOME: process.env["HOME"],
  DATA_DIR: dataFolder,
  PORT: "0",
  // As under npm, a supervisor whose parent is gone stops.
  npm_lifecycle_event: "start",
});

/** Starts a shop and waits until it is ready; it is stopped when the test ends. */
export async function runShop(t: Cleanup, { dataFolder, command }: RunShopOptions): Promise<RunningShop> {
  const [program = process.execPath, ...args] = command ?? [process.execPath, startFile];
  const before = await readRunFile(dataFolder);
  const child = spawn(program, args, { env: shopEnvironment(dataFolder), stdio: ["pipe", "pipe", "pipe"] });
  const { output, exit } = observe(child);
  const stop = (signal: NodeJS.Signals) => {
    child.kill(signal);
    return exit;
  };
  t.after(async () => {
    const late = setTimeout(() => child.kill("SIGKILL"), 60_000);
    await stop("SIGTERM");
    clearTimeout(late);
  });
  await waitForRunFile(dataFolder, before, exit, output);
  return { ...(await outside(t, dataFolder)), output, exit, stop, type: (keys) => child.stdin?.write(keys) };
}

function observe(child: ChildProcess) {
  let text = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
    });
  const exit = new Promise<Exit>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve({ code, signal }));
  });
  return { output: () => text, exit };
}

async function waitForRunFile(
  dataFolder: string,
  before: RunFile | undefined,
  exit: Promise<Exit>,
  output: () => string,
): Promise<void> {
  let ended = false;
  exit.finally(() => {
    ended = true;
  });
  const isNew = (found: RunFile | undefined) => found && JSON.stringify(found) !== JSON.stringify(before);
  const ready = () => readRunFile(dataFolder).then(isNew);
  await eventually("the shop is ready", async () => ended || (await ready()) || undefined, PATIENCE);
  if (ended) throw new Error(`the shop ended before it was ready:\n${output()}`);
}

async function outside(t: Cleanup, dataFolder: string) {
  const where = async () => (await readRunFile(dataFolder)) ?? { gateway: "", console: null, services: {} };
  const { gateway } = await where();
  const instanceOf = async (service: string) => (await where()).services[service]?.[0];
  const processOf = async (service: string): Promise<RunningInstance> => {
    const instance = await instanceOf(service);
    if (!instance) throw new Error(`${service} does not run`);
    return instance;
  };
  const visitor = () => new Visitor(gateway);
  return {
    dataFolder,
    where,
    processOf,
    visitor,
    database: await witnesses(t, dataFolder),
    async kill(service: string, signal: NodeJS.Signals = "SIGKILL") {
      const { pid } = await processOf(service);
      process.kill(pid, signal);
      return pid;
    },
    restarted: (service: string, pid: number) =>
      eventually(
        `${service} runs again`,
        async () => {
          const instance = await instanceOf(service);
          return instance && instance.pid !== pid ? instance : undefined;
        },
        PATIENCE,
      ),
    admin: async () => visitor().signIn((await readAdministrator(dataFolder)) ?? { email: "", password: "" }),
  };
}

/** The services' databases on the embedded server, as its superuser. */
async function witnesses(t: Cleanup, dataFolder: string): Promise<(service: string) => Database> {
  const password = (await readFile(join(dataFolder, "postgres", "password"), "utf8")).trim();
  const server = await findPostmaster(join(dataFolder, "postgres", "cluster"));
  const log = createLog({ service: "witness", level: "silent" });
  const opened = new Map<string, Database>();
  t.after(async () => {
    await Promise.all(Array.from(opened.values(), (database) => database.close()));
  });
  return (service) => {
    const url = `postgres://postgres:${password}@127.0.0.1:${server?.port}/flotilla_${service}`;
    const database = opened.get(service) ?? openDatabase({ url, name: "witness", log });
    opened.set(service, database);
    return database;
  };
}
