import { readFileSync } from "node:fs";
import type { Vault } from "./vault.ts";

/** Reads a vault from its file; an empty one when there is no such file. Throws when it can't be read. */
export function readVault(file: string): Partial<Vault> {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw new Error(`${file} can't be read`, { cause: error });
  }
}
