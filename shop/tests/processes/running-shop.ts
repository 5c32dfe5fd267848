import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Database, openDatabase } from "@flotilla/chassis/database";
import { createLog } from "@flotilla/chassis/telemetry";
import type { Cleanup } from "@flotilla/chassis/testing";
import { endLeftProcesses } from "../../../chassis/src/topology/left-processes.ts";
import { findPostmaster, stopPostmaster } from "../../../chassis/src/topology/postmaster.ts";
import { type RunFile, type RunningInstance, readRunFile } from "../../../chassis/src/topology/run-file.ts";
import { readAdministrator } from "../../commands/start/administrator.ts";
import { brokerUrlOfTests } from "../test-broker.ts";
import { eventually, Visitor } from "../visitor.ts";

/** How a process ended. */
export type Exit = { readonly code: number | null; readonly signal: NodeJS.Signals | null };

/** `node shop/commands/start/start.ts` itself, seen from outside. */
export type Supervisor = {
  /** What it has written so far. */
  output(): string;
  /** Sends it a signal and waits for its end. */
  stop(signal: NodeJS.Signals): Promise<Exit>;
  /** Types into the terminal that it runs in. */
  type(keys: string): void;
  readonly exit: Promise<Exit>;
};

/** A shop of real processes, seen from outside. */
export type RunningShop = Supervisor & {
  where(): Promise<RunFile>;
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
};

export type RunShopOptions = {
  dataFolder: string;
  /** The program that runs it, and its arguments. Default: node itself. */
  command?: readonly string[] | undefined;
  /** Another broker than the one that comes with the shop. */
  brokerUrl?: string | undefined;
  /** More settings. */
  environment?: NodeJS.ProcessEnv | undefined;
};

export const startFile = fileURLToPath(new URL("../../commands/start/start.ts", import.meta.url));

/** Longer than a start takes on a machine that has other things to do. */
export const PATIENCE = 90_000;

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
export async function runShop(t: Cleanup, options: RunShopOptions): Promise<RunningShop> {
  const { dataFolder } = options;
  const before = await readRunFile(dataFolder);
  const brokerUrl = options.brokerUrl ?? (await brokerUrlOfTests(basename(dataFolder)));
  const supervisor = startSupervisor(t, { ...options, brokerUrl });
  await waitForRunFile(dataFolder, before, supervisor);
  return { ...(await outside(t, dataFolder)), ...supervisor };
}

/** Starts a shop, and does not wait; it is stopped when the test ends. */
export function startSupervisor(t: Cleanup, options: RunShopOptions): Supervisor {
  const { dataFolder, command, brokerUrl, environment } = options;
  const [program = "", ...args] = command ?? [process.execPath, startFile];
  const env = { ...shopEnvironment(dataFolder), ...(brokerUrl ? { BROKER_URL: brokerUrl } : {}), ...environment };
  const child = spawn(program, args, { env, stdio: ["pipe", "pipe", "pipe"] });
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
  return { output, exit, stop, type: (keys) => void child.stdin?.write(keys) };
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

/** Resolves when the shop has started, as its run file says; throws when it ends before. `before` is what an earlier one left. */
export async function waitForRunFile(
  folder: string,
  before: RunFile | undefined,
  { exit, output }: Supervisor,
): Promise<void> {
  let ended = false;
  exit.finally(() => {
    ended = true;
  });
  // A supervisor that was killed has left its file there.
  const isNew = (found: RunFile | undefined) => found && JSON.stringify(found) !== JSON.stringify(before);
  const ready = () => readRunFile(folder).then(isNew);
  await eventually("the shop is ready", async () => ended || (await ready()) || undefined, PATIENCE);
  if (ended) throw new Error(`the shop ended before it was ready:\n${output()}`);
}

async function outside(t: Cleanup, dataFolder: string): Promise<Omit<RunningShop, keyof Supervisor>> {
  const where = async () => (await readRunFile(dataFolder)) ?? { gateway: "", console: null, services: {} };
  const { gateway } = await where();
  const instanceOf = async (service: string) => (await where()).services[service]?.[0];
  const visitor = () => new Visitor(gateway);
  return {
    where,
    visitor,
    admin: async () => visitor().signIn((await readAdministrator(dataFolder)) ?? { email: "", password: "" }),
    database: await witnesses(t, dataFolder),
    async kill(service, signal = "SIGKILL") {
      const { pid } = (await instanceOf(service)) ?? {};
      if (!pid) throw new Error(`${service} does not run`);
      process.kill(pid, signal);
      return pid;
    },
    async restarted(service, pid) {
      const another = async () => {
        const instance = await instanceOf(service);
        return instance && instance.pid !== pid ? instance : undefined;
      };
      return eventually(`${service} runs again`, another, PATIENCE);
    },
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
