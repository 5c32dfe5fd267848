import { spawn } from "node:child_process";
import { shopEnvironment, startFile } from "./running-shop.ts";

/** Runs `node shop/commands/start/start.ts` with these settings until it ends; `lines` is what it wrote to its error output. */
export function startToEnd(settings: NodeJS.ProcessEnv): Promise<{ code: number | null; lines: string[] }> {
  return runToEnd(startFile, { ...shopEnvironment(settings["DATA_DIR"] ?? ""), ...settings });
}

/** Runs a file with this environment until it ends, or for a minute. */
export function runToEnd(file: string, env: NodeJS.ProcessEnv): Promise<{ code: number | null; lines: string[] }> {
  const child = spawn(process.execPath, [file], { env, stdio: ["ignore", "ignore", "pipe"], timeout: 60_000 });
  let text = "";
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, lines: text.split("\n").filter((line) => line !== "") }));
  });
}
