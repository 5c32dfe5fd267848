import { rm } from "node:fs/promises";
import { join } from "node:path";
import { readJson, writePrivateJson } from "../keys/private-file.ts";
import { type ProcessIdentity, processIdentity, signal, waitForEnd } from "./running-process.ts";

type Recorded = { pid: number; identity: ProcessIdentity };

/** Remembers which processes were started from a folder, for a supervisor that comes after one that was killed. */
export type ProcessRecord = {
  /** To be called as soon as the process was started. */
  add(pid: number): Promise<void>;
  remove(pid: number): Promise<void>;
  /** No process is left. */
  clear(): Promise<void>;
};

/** Begins an empty record in the folder. */
export function recordProcesses(folder: string): ProcessRecord {
  const recorded = new Map<number, ProcessIdentity>();
  let written = Promise.resolve();
  const write = () => {
    const content = [...recorded].map(([pid, identity]) => ({ pid, identity }));
    written = written.then(() => writePrivateJson(recordFile(folder), content));
    return written;
  };
  return {
    async add(pid) {
      const identity = await processIdentity(pid);
      if (!identity) return;
      recorded.set(pid, identity);
      await write();
    },
    async remove(pid) {
      if (recorded.delete(pid)) await write();
    },
    async clear() {
      await written;
      await rm(recordFile(folder), { force: true });
    },
  };
}

/**
 * Ends the processes that a killed supervisor left in the folder: they are asked to drain, and killed after 10 s. A process that
 * merely got the same id since is left alone. Returns how many there were.
 */
export async function endLeftProcesses(folder: string): Promise<number> {
  const recorded = ((await readJson(recordFile(folder))) ?? []) as Recorded[];
  const left: number[] = [];
  for (const { pid, identity } of recorded) if ((await processIdentity(pid)) === identity) left.push(pid);
  await Promise.all(left.map(end));
  await rm(recordFile(folder), { force: true });
  return left.length;
}

async function end(pid: number): Promise<void> {
  signal(pid, "SIGTERM");
  if (await waitForEnd(pid, 10_000)) return;
  signal(pid, "SIGKILL");
  await waitForEnd(pid, 5_000);
}

const recordFile = (folder: string) => join(folder, "processes.json");
