import { readdir, readFile, readlink } from "node:fs/promises";

/** Whether this machine shows what its processes were started with. */
export const canListProcesses = process.platform === "linux";

/**
 * The processes that have to do with a folder: their command line or environment names it, or they work in it. Each as its id and
 * command line. Only where {@link canListProcesses}.
 */
export async function processesNaming(folder: string): Promise<string[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const described = await Promise.all(pids.map((pid) => describe(pid, folder)));
  return described.filter((line) => line !== undefined);
}

async function describe(pid: string, folder: string): Promise<string | undefined> {
  const read = (name: string) => readFile(`/proc/${pid}/${name}`, "utf8").catch(() => "");
  const [command, environment, workingFolder] = await Promise.all([
    read("cmdline"),
    read("environ"),
    readlink(`/proc/${pid}/cwd`).catch(() => ""),
  ]);
  const names = [command, environment, workingFolder].some((text) => text.includes(folder));
  return names ? `${pid} ${command.replaceAll("\0", " ").trim()}` : undefined;
}
