import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";

/** Tells a process from a later one with the same id: where the machine tells it, when the process began. */
export type ProcessIdentity = string;

/**
 * The identity of the process with this id; undefined when none runs. One that has ended but that its parent never asked about
 * does not run.
 */
export async function processIdentity(pid: number): Promise<ProcessIdentity | undefined> {
  if (!exists(pid)) return undefined;
  if (process.platform === "linux") return linuxIdentity(pid);
  if (process.platform === "win32") return "unknown";
  return (await ps("lstart=", pid)) || undefined;
}

/** The command line of a process; empty when it does not run or this machine does not tell. */
export async function commandLine(pid: number): Promise<string> {
  if (process.platform === "win32") return "";
  if (process.platform !== "linux") return ps("command=", pid);
  const line = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
  return line.replaceAll("\0", " ").trim();
}

/** Whether a process with this id runs. */
export const isRunning = async (pid: number): Promise<boolean> => (await processIdentity(pid)) !== undefined;

/** Waits until a process has ended; false when it still runs after `milliseconds`. */
export async function waitForEnd(pid: number, milliseconds: number): Promise<boolean> {
  const deadline = performance.now() + milliseconds;
  while (await isRunning(pid)) {
    if (performance.now() >= deadline) return false;
    await delay(20);
  }
  return true;
}

/** Sends a signal; false when there is no such process (any more). */
export function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}

function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

async function linuxIdentity(pid: number): Promise<ProcessIdentity | undefined> {
  const status = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  // The fields follow the program's name, which is in brackets and may itself hold brackets and blanks.
  const [state, ...fields] = status.slice(status.lastIndexOf(")") + 2).split(" ");
  const startedAt = fields[18];
  if (startedAt === undefined || state === "Z" || state === "X") return undefined;
  const boot = await readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(() => "");
  return `${boot.trim()}/${startedAt}`;
}

async function ps(field: string, pid: number): Promise<string> {
  const listed = await promisify(execFile)("ps", ["-o", field, "-p", String(pid)]).catch(() => ({ stdout: "" }));
  return listed.stdout.trim();
}
