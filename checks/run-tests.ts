import { existsSync, globSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { runNodeTest } from "../chassis/src/commands/run-tests.ts";
import { startTestServer } from "../chassis/src/testing/servers/postgres-server.ts";

const everything = [
  "chassis/{src,package,templates}/**/*.test.ts",
  "shop/**/*.test.ts",
  "checks/**/*.test.ts",
  "deploy/**/*.test.ts",
];

/** Test files, how many run at once, and what they are told. */
type Round = {
  readonly patterns: readonly string[];
  readonly atOnce: number;
  readonly environment?: NodeJS.ProcessEnv;
};

/** Whole systems of processes that are started, killed and stopped, guards taken away one by one, every page in every width: minutes, which `npm test` does not have. */
const long = [
  "shop/tests/security/guards.test.ts",
  "shop/tests/security/schemathesis/schemathesis.test.ts",
  "shop/tests/processes/**/*.test.ts",
  "shop/tests/storefront/{look,trouble}.test.ts",
  "shop/commands/demo/demo.test.ts",
  "shop/commands/start/first-order.test.ts",
  "chassis/src/topology/run-topology.test.ts",
  "chassis/package/installed-package.test.ts",
  "checks/asyncapi-document.test.ts",
  "deploy/kubernetes/checks/*.test.ts",
];

/** Nothing of a load may fail there: it has to be one that the machine can take, beside nothing else. */
const alone = ["shop/tests/processes/rolling-restart.test.ts"];

/** Run when asked for by name only: the images' recipe (`npm run tool -- containers`), and kills that differ from others in their broker. */
const byName = ["deploy/tests/*.test.ts", "shop/tests/processes/kills/kills-*-rabbitmq.test.ts"];

/**
 * What `npm test` runs: all tests but the long ones (with `--all` these too, or only the files that the arguments name) over one
 * PostgreSQL server that lives as long as they do. Exits as `node --test` does.
 */
async function runTests(rounds: readonly Round[]): Promise<number> {
  const server = await startTestServer();
  // Each file is a process that loads the same modules: compiled once, they take half the time.
  const shared = { NODE_COMPILE_CACHE: fileURLToPath(new URL("../node_modules/.cache/compiled", import.meta.url)) };
  let failed = 0;
  try {
    for (const { environment, atOnce, patterns } of rounds) {
      const given = [`--test-concurrency=${atOnce}`, "--test-timeout=300000", ...patterns];
      failed ||= await runNodeTest(given, { ...shared, ...environment, ...process.env, TEST_POSTGRES_URL: server.url });
    }
    return failed;
  } finally {
    await server.stop();
  }
}

/** Some stories on RabbitMQ as well, where it is installed; with the broker that comes with the shop all run. */
const onRabbitmq: readonly Round[] = existsSync("/usr/lib/rabbitmq/bin/rabbitmq-server")
  ? [
      {
        patterns: ["shop/tests/place-order.test.ts", "shop/tests/repeated-messages.test.ts"],
        atOnce: 2,
        environment: { TEST_BROKER: "rabbitmq" },
      },
    ]
  : [];

/** Generated requests at each of an operation's two doors, and random programs of the engine: minutes of them, and more than `npm test` needs to notice a new fault. */
const MANY_CASES = { SECURITY_CASES: "250", ENGINE_RUNS: "1000" };

/** With TEST_THIRD=0, 1 or 2 a third of the files is left out, as CI does; guards.test.ts leaves out of its own what it does. */
function withoutThird(files: readonly string[]): string[] {
  const { TEST_THIRD } = process.env;
  if (TEST_THIRD === undefined) return [...files];
  return files.filter((file, at) => file.endsWith("guards.test.ts") || at % 3 !== Number(TEST_THIRD));
}

/** Most tests wait more than they work, but for the long ones, whose systems of processes need the machine for themselves. */
function rounds(given: readonly string[]): Round[] {
  if (given.length > 0 && !given.includes("--all")) return [{ patterns: given, atOnce: 2 }];
  const short: Round = { patterns: globSync(everything, { exclude: [...long, ...byName] }), atOnce: 4 };
  if (given.length === 0) return [short];
  return [
    { ...short, environment: MANY_CASES },
    { patterns: withoutThird(globSync(long, { exclude: [...byName, ...alone] }).sort()), atOnce: 2 },
    { patterns: alone, atOnce: 1 },
    ...onRabbitmq,
  ];
}

process.exitCode = await runTests(rounds(process.argv.slice(2)));
