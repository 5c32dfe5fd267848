import { spawn } from "node:child_process";
import { join } from "node:path";
import type { Environment } from "../core/configuration/environment.ts";
import { startTestServer } from "../testing/servers/postgres-server.ts";

/**
 * `flotilla test`: runs the tests of the system in the folder, or only the files that are given, over one PostgreSQL server that lives as
 * long as they do. Returns what `node --test` exits with.
 */
export async function runTests(folder: string, files: readonly string[], environment: Environment): Promise<number> {
  const server = await startTestServer();
  try {
    const NODE_COMPILE_CACHE = join(folder, "node_modules/.cache/compiled");
    return await runNodeTest(files, { NODE_COMPILE_CACHE, ...environment, TEST_POSTGRES_URL: server.url });
  } finally {
    await server.stop();
  }
}

/** Runs `node --test` with these arguments. Signals go to it. Resolves to its exit code. */
export function runNodeTest(given: readonly string[], environment: Environment): Promise<number> {
  const child = spawn(process.execPath, ["--test", ...given], { stdio: "inherit", env: environment });
  // A terminal's Ctrl-C reaches the tests by itself; whoever ends this process alone means them as well.
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, () => child.kill(name));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => resolve(code ?? 1));
  });
}
