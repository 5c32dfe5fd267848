import { rm } from "node:fs/promises";
import { join } from "node:path";
import { readJson, writePrivateJson } from "./keys/private-file.ts";

/** One process of a service. */
export type RunningInstance = { readonly pid: number; readonly url: string };

/** Where everything runs, for whoever wants to talk to it from outside. */
export type RunFile = {
  readonly gateway: string;
  /** Null as long as there is no console. */
  readonly console: string | null;
  readonly services: Readonly<Record<string, readonly RunningInstance[]>>;
};

/** Writes `run.json` into the folder, never half. */
export const writeRunFile = (folder: string, content: RunFile): Promise<void> =>
  writePrivateJson(runFile(folder), content);

/** Reads `run.json`; undefined when nothing runs there. */
export const readRunFile = async (folder: string): Promise<RunFile | undefined> =>
  (await readJson(runFile(folder))) as RunFile | undefined;

/** Removes `run.json`. */
export const removeRunFile = (folder: string): Promise<void> => rm(runFile(folder), { force: true });

const runFile = (folder: string) => join(folder, "run.json");
