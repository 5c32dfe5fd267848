import { readFile, realpath, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { commandLine, isRunning, signal, waitForEnd } from "../processes/running-process.ts";

/** The main process of a PostgreSQL server, as its `postmaster.pid` names it. */
export type Postmaster = { readonly pid: number; readonly port: number; readonly status: string };

/** Reads who serves the cluster; undefined when nobody does or the file is not written to its end yet. */
export async function readPostmaster(cluster: string): Promise<Postmaster | undefined> {
  const lines = (await readFile(pidFile(cluster), "utf8").catch(() => "")).split("\n");
  const [pid, port, status] = [Number(lines[0]), Number(lines[3]), lines[7]?.trim()];
  return pid > 0 && port > 0 && status ? { pid, port, status } : undefined;
}

/**
 * Finds the server that an earlier process left behind for this cluster, once it takes connections. One that is just stopping is
 * waited for; a file whose process is gone, or is not a server of this cluster, is removed.
 */
export async function findPostmaster(cluster: string): Promise<Postmaster | undefined> {
  const deadline = performance.now() + 30_000;
  while (performance.now() < deadline) {
    const pid = Number.parseInt(await readFile(pidFile(cluster), "utf8").catch(() => ""), 10);
    if (!(pid > 0) || !(await isRunning(pid)) || !(await serves(pid, cluster))) {
      await rm(pidFile(cluster), { force: true });
      return undefined;
    }
    const postmaster = await readPostmaster(cluster);
    if (postmaster?.status === "ready") return postmaster;
    await delay(50);
  }
  throw new Error(`the PostgreSQL server in ${cluster} neither starts nor stops`);
}

/** Stops a server: sessions are ended and what was committed is written; after 10 s at once, which the next start repairs. */
export async function stopPostmaster(pid: number): Promise<void> {
  // Windows has no signals: the server is ended there, and recovers from its log at the next start.
  signal(pid, "SIGINT");
  if (await waitForEnd(pid, 10_000)) return;
  signal(pid, "SIGQUIT");
  if (await waitForEnd(pid, 10_000)) return;
  signal(pid, "SIGKILL");
  await waitForEnd(pid, 5_000);
}

async function serves(pid: number, cluster: string): Promise<boolean> {
  const line = await commandLine(pid);
  return process.platform === "win32" || line.includes(` -D ${await realpath(cluster)} `);
}

const pidFile = (cluster: string) => join(cluster, "postmaster.pid");
