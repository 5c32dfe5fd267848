import { enableCompileCache } from "node:module";
import { join } from "node:path";
import type { Environment } from "../../core/configuration/environment.ts";
import { makeFolder } from "./make-folder.ts";

/**
 * Opens the cache in the data folder that a start's settings name: what is imported from now on is compiled only once, so a start
 * imports everything else after it. A data folder that can't be written makes the start slower here, and is reported there.
 */
export function openCompileCache(environment: Environment): void {
  const dataFolder = environment["DATA_DIR"] || ".data";
  try {
    makeFolder(dataFolder);
    enableCompileCache(join(dataFolder, "compile-cache"));
  } catch {}
}
