import { randomBytes } from "node:crypto";
import { link, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type ProcessIdentity, processIdentity } from "./running-process.ts";

/** Another process works on the folder already. */
export class FolderInUse extends Error {
  override readonly name = "FolderInUse";
  readonly pid: number;

  constructor(folder: string, pid: number) {
    super(`${folder} is in use by process ${pid}`);
    this.pid = pid;
  }
}

/** The right to be the only supervisor that works on a folder. */
export type FolderLock = { release(): Promise<void> };

type Holder = { pid: number; identity: ProcessIdentity };

/**
 * Takes the folder for this process until it is released. One that was left by a process that has died (kill -9 included) is
 * taken over, also when its process id was given to another process since. Throws {@link FolderInUse}.
 */
export async function lockFolder(folder: string): Promise<FolderLock> {
  const path = join(folder, "supervisor.lock");
  const draft = `${path}.${randomBytes(4).toString("hex")}`;
  const content = JSON.stringify({ pid: process.pid, identity: await processIdentity(process.pid) });
  await writeFile(draft, content, { mode: 0o600 });
  try {
    while (!(await linked(draft, path))) await removeStale(folder, path);
  } finally {
    await rm(draft, { force: true });
  }
  return {
    async release() {
      if ((await readFile(path, "utf8").catch(() => "")) === content) await rm(path, { force: true });
    },
  };
}

/** A link is made whole or not at all, and never over another file. */
async function linked(draft: string, path: string): Promise<boolean> {
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

async function removeStale(folder: string, path: string): Promise<void> {
  const seen = await readFile(path, "utf8").catch(() => undefined);
  if (seen === undefined) return;
  const holder = readHolder(seen);
  if (holder && (await processIdentity(holder.pid)) === holder.identity) throw new FolderInUse(folder, holder.pid);
  const aside = `${path}.${randomBytes(4).toString("hex")}`;
  await rename(path, aside).catch(() => {});
  // Whoever was quicker may have removed the stale lock and put their own there: then it goes back.
  if ((await readFile(aside, "utf8").catch(() => seen)) !== seen) await linked(aside, path);
  await rm(aside, { force: true });
}

function readHolder(text: string): Holder | undefined {
  try {
    return JSON.parse(text) as Holder;
  } catch {
    return undefined;
  }
}
