import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { ONLY_LOAD } from "@flotilla/chassis/service/process";
import { shopEnvironment, startFile } from "./running-shop.ts";

/** How a process ended, what it wrote to its error output, and after how many milliseconds. */
export type End = { readonly code: number | null; readonly lines: string[]; readonly took: number };

/** Runs `node shop/commands/start/start.ts` with these settings until it ends. */
export function startToEnd(settings: NodeJS.ProcessEnv): Promise<End> {
  return runToEnd(startFile, { ...shopEnvironment(settings["DATA_DIR"] ?? ""), ...settings });
}

/** Runs a file with this environment until it ends, or for a minute. */
export function runToEnd(file: string, env: NodeJS.ProcessEnv): Promise<End> {
  const began = performance.now();
  const child = spawn(process.execPath, [file], { env, stdio: ["ignore", "ignore", "pipe"], timeout: 60_000 });
  let text = "";
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      const lines = text.split("\n").filter((line) => line !== "");
      resolve({ code, lines, took: performance.now() - began });
    });
  });
}

/** What a machine does in five seconds that has nothing else to do. */
const WITHIN = 5_000;

/** A wrong setting ends a process within 5 s; where merely loading takes long, within three times as long as that. */
export async function assertEndedInTime(file: string, { took }: End): Promise<void> {
  if (took <= WITHIN) return;
  const load = await runToEnd(file, { [ONLY_LOAD]: "1" });
  assert.ok(took <= 3 * load.took, `it took ${Math.round(took)} ms, and ${Math.round(load.took)} ms to load`);
}
