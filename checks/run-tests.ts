import { spawn } from "node:child_process";
import { startTestServer } from "../chassis/src/testing/postgres-server.ts";

const everything = ["chassis/src/**/*.test.ts", "shop/**/*.test.ts", "checks/**/*.test.ts"];

/**
 * What `npm test` runs: all tests (or those that the arguments name) over one PostgreSQL server that lives as long as they do.
 * Exits as `node --test` does.
 */
async function runTests(patterns: readonly string[]): Promise<number> {
  const server = await startTestServer();
  try {
    return await runNodeTest(patterns, { ...process.env, TEST_POSTGRES_URL: server.url });
  } finally {
    await server.stop();
  }
}

function runNodeTest(patterns: readonly string[], environment: NodeJS.ProcessEnv): Promise<number> {
  const options = ["--test", "--test-concurrency=2", "--test-timeout=120000"];
  const child = spawn(process.execPath, [...options, ...patterns], { stdio: "inherit", env: environment });
  // A terminal's Ctrl-C reaches the tests by itself; whoever ends this process alone means them as well.
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, () => child.kill(name));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => resolve(code ?? 1));
  });
}

const given = process.argv.slice(2);
process.exitCode = await runTests(given.length > 0 ? given : everything);
