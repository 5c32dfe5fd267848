import { spawn } from "node:child_process";
import { globSync } from "node:fs";
import { startTestServer } from "../chassis/src/testing/postgres-server.ts";

const everything = ["chassis/src/**/*.test.ts", "shop/**/*.test.ts", "checks/*.test.ts", "deploy/**/*.test.ts"];

/** The test files to run, how many at once, and what they are told. */
type Chosen = {
  readonly patterns: readonly string[];
  readonly atOnce: number;
  readonly environment?: NodeJS.ProcessEnv;
};

/** Whole systems of processes that are started, killed and stopped, and guards taken away one by one: minutes, which `npm test` does not have. */
const long = [
  "shop/tests/security/guards.test.ts",
  "shop/tests/processes/*.test.ts",
  "shop/commands/demo/demo.test.ts",
  "chassis/src/topology/run-topology.test.ts",
  "checks/asyncapi-document.test.ts",
  "deploy/kubernetes/checks/*.test.ts",
  "deploy/tests/*.test.ts",
];

/**
 * What `npm test` runs: all tests but the long ones (with `--all` these too, or only the files that the arguments name) over one
 * PostgreSQL server that lives as long as they do. Exits as `node --test` does.
 */
async function runTests({ environment, ...files }: Chosen): Promise<number> {
  const server = await startTestServer();
  try {
    return await runNodeTest(files, { ...environment, ...process.env, TEST_POSTGRES_URL: server.url });
  } finally {
    await server.stop();
  }
}

function runNodeTest({ patterns, atOnce }: Chosen, environment: NodeJS.ProcessEnv): Promise<number> {
  const options = ["--test", `--test-concurrency=${atOnce}`, "--test-timeout=120000"];
  const child = spawn(process.execPath, [...options, ...patterns], { stdio: "inherit", env: environment });
  // A terminal's Ctrl-C reaches the tests by itself; whoever ends this process alone means them as well.
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, () => child.kill(name));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => resolve(code ?? 1));
  });
}

/** Generated requests of each operation at each door: a minute of them, and more than `npm test` needs to notice a new fault. */
const MANY_CASES = { SECURITY_CASES: "500" };

/** Most tests wait more than they work, but for the long ones, whose systems of processes need the machine for themselves. */
function chosen(given: readonly string[]): Chosen {
  if (given.includes("--all")) return { patterns: everything, atOnce: 2, environment: MANY_CASES };
  return {
    patterns: given.length > 0 ? given : globSync(everything, { exclude: long }),
    atOnce: given.length > 0 ? 2 : 4,
  };
}

process.exitCode = await runTests(chosen(process.argv.slice(2)));
