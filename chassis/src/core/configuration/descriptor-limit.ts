import { readFileSync } from "node:fs";

/** How many files and connections this process may have open at once (`ulimit -n`); `Infinity` where the system does not tell. */
export function descriptorLimit(): number {
  try {
    const [, soft = ""] = /^Max open files\s+(\S+)/m.exec(readFileSync("/proc/self/limits", "utf8")) ?? [];
    return /^\d+$/.test(soft) ? Number(soft) : Number.POSITIVE_INFINITY;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
