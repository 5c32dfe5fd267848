import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Topology } from "../../topology/topology.ts";

/** The file in which a system lists its services. */
export const LIST_FILE = "topology.ts";

/** The list of the system in the folder: in the folder itself, or in that of the shop. Throws, in one line, when there is none. */
export function findList(folder: string): string {
  const file = ["", "shop"].map((below) => join(folder, below, LIST_FILE)).find((path) => existsSync(path));
  if (file) return file;
  throw new Error(
    `There is no system here, as there is no ${LIST_FILE}: go to the folder of one, or make one by flotilla new NAME`,
  );
}

/** Reads the list of services of the system in the folder. */
export async function readList(folder: string): Promise<Topology> {
  const exported: unknown[] = Object.values(await import(pathToFileURL(findList(folder)).href));
  const topology = exported.find(isTopology);
  if (!topology)
    throw new Error(`${LIST_FILE} exports no list: write export const system = defineTopology(import.meta.url, { … })`);
  return topology;
}

const isTopology = (value: unknown): value is Topology =>
  typeof value === "object" && value !== null && "at" in value && "services" in value;
