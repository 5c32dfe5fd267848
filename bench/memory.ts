import { readdir, readFile } from "node:fs/promises";

/** Megabytes of memory that are resident. Linux only. */
export type Resident = {
  /** Pages that several processes share are shared out between them, so that each counts once ("proportional set size"). */
  readonly once: number;
  /** Such pages count in each of them ("resident set size", added up). */
  readonly each: number;
};

/** The resident memory of processes together. */
export async function residentMegabytes(pids: readonly number[]): Promise<Resident> {
  const rollups = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/smaps_rollup`, "utf8").catch(() => "")));
  const sum = (field: RegExp) => rollups.reduce((total, text) => total + Number(field.exec(text)?.[1] ?? 0), 0) / 1024;
  return { once: sum(/^Pss:\s+(\d+)/m), each: sum(/^Rss:\s+(\d+)/m) };
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
