import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { freePort } from "../../topology/network/free-port.ts";
import type { Cleanup } from "../file-cleanup.ts";
import { temporaryFolder } from "../temporary-folder.ts";

const program = (process.env["PATH"] ?? "")
  .split(delimiter)
  .map((folder) => join(folder, "redis-server"))
  .find(canRun);

/** Why tests against Redis are skipped; false when they are not. */
export const redisMissing = program ? false : "there is no redis-server (on Debian: apt-get install redis-server)";

/** A Redis server of the test's own, which it may kill. */
export type RedisServer = { readonly url: string; start(): Promise<void>; kill(): Promise<void> };

/** Starts a Redis server on a free port, without anything on disk; it ends with the test. */
export async function redisServer(t: Cleanup): Promise<RedisServer> {
  const folder = await temporaryFolder(t);
  const port = await freePort();
  let child: ChildProcess | undefined;

  async function start(): Promise<void> {
    const options = [
      "--port",
      String(port),
      "--bind",
      "127.0.0.1",
      "--save",
      "",
      "--appendonly",
      "no",
      "--dir",
      folder,
    ];
    child = spawn(program as string, options, { stdio: ["ignore", "pipe", "ignore"] });
    for await (const text of child.stdout ?? []) if (String(text).includes("Ready to accept connections")) return;
    throw new Error("redis-server ended before it was ready");
  }

  async function kill(): Promise<void> {
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
  }

  await start();
  t.after(kill);
  return { url: `redis://127.0.0.1:${port}`, start, kill };
}

function canRun(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
