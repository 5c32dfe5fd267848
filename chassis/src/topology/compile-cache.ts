import { spawn } from "node:child_process";
import { once } from "node:events";
import { access, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * The V8 settings of service processes; a cache is only good for processes that have the same. The young generation, which would grow
 * to 48 MB while modules load, is kept small.
 */
export const v8Settings = ["--max-semi-space-size=2"];

/**
 * Fills an empty cache with what all services share, so that it is compiled and written once instead of by each of them at the same
 * time. Without it the first start is slower, so nothing that goes wrong here matters.
 */
export async function warmCompileCache(folder: string): Promise<void> {
  const warmed = join(folder, "warmed");
  const isWarm = await access(warmed).then(
    () => true,
    () => false,
  );
  if (isWarm) return;
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const script = fileURLToPath(new URL("./precompile.ts", import.meta.url));
    await once(spawn(process.execPath, [...v8Settings, script, folder], { stdio: "ignore" }), "exit");
    await writeFile(warmed, "");
  } catch {}
}
