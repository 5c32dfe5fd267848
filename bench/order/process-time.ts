import { readFile } from "node:fs/promises";

/** Milliseconds of processor time of a process and of the children that it has waited for (Linux: 100 ticks a second). */
export async function processTime(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8");
  // Behind the name, which may hold anything: fields from the third on, utime is the 14th.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return [11, 12, 13, 14].reduce((sum, index) => sum + Number(fields[index]), 0) * 10;
}

/** The same for several, added up. */
export async function processTimes(pids: readonly number[]): Promise<number> {
  const times = await Promise.all(pids.map((pid) => processTime(pid).catch(() => 0)));
  return times.reduce((sum, time) => sum + time, 0);
}
