import type { Clock } from "../../core/clock.ts";
import { isFree } from "../network/free-port.ts";
import { isRunning, signal } from "./running-process.ts";

/** Lets a debugger attach to a process at the port that it was started with, as soon as its predecessor has let go of that. */
export async function openInspector(pid: number, port: number, clock: Clock): Promise<void> {
  while (!(await isFree(port))) {
    await clock.sleep(100);
    if (!(await isRunning(pid))) return;
  }
  signal(pid, "SIGUSR1");
}
