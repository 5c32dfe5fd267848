import { type SpawnOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { access, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * The V8 settings of service processes; a cache is only good for processes that have the same. The young generation, which would grow
 * to 48 MB while modules load, is kept small: not so small, though, that requests under way outlive it and are moved to the old one.
 */
export const v8Settings = ["--max-semi-space-size=8"];

/**
 * Fills an empty cache with what the services are made of, so that it is compiled and written once: instead of by each of them at the same
 * time, and at their end, when somebody waits for it. Without it the first start and stop are slower, so nothing that goes wrong here
 * matters.
 */
export async function warmCompileCache(folder: string, modules: readonly URL[]): Promise<void> {
  const warmed = join(folder, "warmed");
  const isWarm = await access(warmed).then(
    () => true,
    () => false,
  );
  if (isWarm) return;
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const options: SpawnOptions = { stdio: "ignore", env: {} };
    const script = fileURLToPath(new URL("./precompile.ts", import.meta.url));
    await once(spawn(process.execPath, [...v8Settings, script, folder, ...modules.map(String)], options), "exit");
    await writeFile(warmed, "");
  } catch {}
}
