import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Environment } from "../../core/configuration/environment.ts";
import { readList } from "../scaffold/read-list.ts";
import { openCompileCache } from "./open-compile-cache.ts";

/** `flotilla start`: runs the system in the folder until it is told to stop. */
export async function start(folder: string, environment: Environment): Promise<never> {
  openCompileCache(environment);
  const topology = await readList(folder);
  const { startSystem } = await import("./start-system.ts");
  return startSystem({ title: nameOf(folder), topology, environment });
}

const nameOf = (folder: string): string => JSON.parse(readFileSync(join(folder, "package.json"), "utf8")).name;
