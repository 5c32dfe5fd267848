import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { shopEnvironment } from "./fixtures/running-shop.ts";

const program = fileURLToPath(new URL("../../commands/operate/dead-letters.ts", import.meta.url));

/** What `npm run dead-letters` says in a shop. */
export async function deadLetters(dataFolder: string, ...args: string[]): Promise<string> {
  const run = promisify(execFile)(process.execPath, [program, ...args], { env: shopEnvironment(dataFolder) });
  return (await run).stdout;
}
