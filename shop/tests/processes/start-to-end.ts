import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { shopEnvironment, startFile } from "./running-shop.ts";

/** How a process ended, what it wrote to its error output, and after how many milliseconds. */
export type End = { readonly code: number | null; readonly lines: string[]; readonly took: number };

/** Runs `node shop/commands/start/start.ts` with these settings until it ends. */
export function startToEnd(settings: NodeJS.ProcessEnv): Promise<End> {
  return runToEnd([startFile], { ...shopEnvironment(settings["DATA_DIR"] ?? ""), ...settings });
}

/** Runs a file, with arguments, and this environment until it ends, or for a minute. */
export function runToEnd(command: readonly string[], env: NodeJS.ProcessEnv): Promise<End> {
  const began = performance.now();
  const child = spawn(process.execPath, [...command], { env, stdio: ["ignore", "ignore", "pipe"], timeout: 60_000 });
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
const TRIES = 4;

const loadOnly = fileURLToPath(new URL("./load-only.ts", import.meta.url));

/**
 * A wrong setting ends a process of a service within 5 s. Where it took longer it is run `again`, beside one that merely loads what it is made of: what
 * waits for something takes more than three times as long as that each time, a machine that was busy for a moment does not.
 */
export async function assertEndedInTime(module: URL, { took }: End, again: () => Promise<End>): Promise<void> {
  const times = [`${Math.round(took)} ms`];
  for (let isInTime = took <= WITHIN; !isInTime; ) {
    assert.ok(times.length < TRIES, `it took ${times.join(", ")}`);
    const [end, load] = await Promise.all([again(), runToEnd([loadOnly, module.href], {})]);
    isInTime = end.took <= Math.max(WITHIN, 3 * load.took);
    times.push(`${Math.round(end.took)} beside ${Math.round(load.took)} ms to load`);
  }
}
