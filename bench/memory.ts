import { readdir, readFile } from "node:fs/promises";

/** Resident megabytes of processes; memory that several of them share counts once (proportional set size). Linux only. */
export async function residentMegabytes(pids: readonly number[]): Promise<number> {
  const sizes = await Promise.all(pids.map(proportionalKilobytes));
  return sizes.reduce((sum, size) => sum + size, 0) / 1024;
}

async function proportionalKilobytes(pid: number): Promise<number> {
  const rollup = await readFile(`/proc/${pid}/smaps_rollup`, "utf8").catch(() => "");
  return Number(/^Pss:\s+(\d+)/m.exec(rollup)?.[1] ?? 0);
}

/** The process `pid` and everything it started, directly or not. */
export async function processTree(pid: number): Promise<number[]> {
  const children = (await readFile(`/proc/${pid}/task/${pid}/children`, "utf8").catch(() => "")).trim();
  const below = await Promise.all(
    children
      .split(" ")
      .filter(Boolean)
      .map((child) => processTree(Number(child))),
  );
  return [pid, ...below.flat()];
}

/** The PostgreSQL server whose data lies below `dataFolder`. */
export async function postmasterOf(dataFolder: string): Promise<number> {
  for (const file of await readdir(dataFolder, { recursive: true })) {
    if (file.endsWith("postmaster.pid")) return Number.parseInt(await readFile(`${dataFolder}/${file}`, "utf8"), 10);
  }
  throw new Error(`no PostgreSQL runs in ${dataFolder}`);
}
