import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";

/** The shop as its users run it. */
export type ShopProcess = {
  readonly gateway: string;
  /** Milliseconds from the start of the process until run.json was there. */
  readonly readyAfter: number;
  /** The supervisor and the services. */
  readonly pids: readonly number[];
  readonly services: Readonly<Record<string, readonly ServiceProcess[]>>;
  stop(): Promise<void>;
};

type RunFile = { gateway: string; services: Record<string, ServiceProcess[]> };

export type ServiceProcess = { readonly pid: number; readonly url: string };

export type ShopProcessOptions = {
  /** The core that all of it runs on. Default: any. */
  core?: string;
  /** The root of the repository that it is started from. Default: this one. */
  root?: string;
  environment?: Readonly<Record<string, string>>;
};

/** Starts the shop on `dataFolder` with a free port; resolves when it is ready. */
export async function startShopProcess(dataFolder: string, options: ShopProcessOptions = {}): Promise<ShopProcess> {
  const { core, root = fileURLToPath(new URL("../", import.meta.url)), environment } = options;
  const begin = performance.now();
  const { scripts } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
  const [, ...start] = scripts.start.split(" ");
  const [program, args] = core === undefined ? [process.execPath, []] : ["taskset", ["-c", core, process.execPath]];
  const child = spawn(program, [...args, ...start], {
    cwd: root,
    env: { ...process.env, ...environment, DATA_DIR: dataFolder, PORT: "0", CONSOLE_PORT: "0" },
    stdio: ["ignore", "ignore", "inherit"],
  });
  const run = await readRunFile(child, join(dataFolder, "run.json"));
  const readyAfter = performance.now() - begin;
  const services = Object.values(run.services).flatMap((replicas) => replicas.map(({ pid }) => pid));
  return {
    gateway: run.gateway,
    readyAfter,
    pids: [child.pid as number, ...services],
    services: run.services,
    async stop() {
      const exited = once(child, "exit");
      child.kill("SIGTERM");
      await exited;
    },
  };
}

async function readRunFile(child: ChildProcess, path: string): Promise<RunFile> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`the shop ended with ${child.exitCode} before it was ready`);
    try {
      return JSON.parse(await readFile(path, "utf8"));
    } catch {
      await delay(10);
    }
  }
}
