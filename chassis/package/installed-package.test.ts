import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
} from "node:fs";
import { delimiter, join } from "node:path";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { eventually } from "../src/testing/eventually.ts";
import { fileCleanup } from "../src/testing/file-cleanup.ts";
import { temporaryFolder } from "../src/testing/temporary-folder.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** Nothing of this repository: neither its programs nor what npm said of it. */
const environment = Object.fromEntries(
  Object.entries(process.env)
    .filter(([name]) => !/^(npm_|INIT_CWD$|NODE|TEST_)/.test(name))
    .map(([name, value = ""]) => [name, name === "PATH" ? withoutOurs(value) : value]),
);

function withoutOurs(path: string): string {
  const folders = path
    .split(delimiter)
    .filter((folder) => !folder.startsWith(root) && !folder.includes("node_modules"));
  return folders.join(delimiter);
}

type Ran = { status: number | null; output: string };

function run(folder: string, program: string, ...words: string[]): Ran {
  const { status, stdout, stderr } = spawnSync(program, words, { cwd: folder, env: environment, encoding: "utf8" });
  return { status, output: stdout + stderr };
}

/** Runs a program that must not fail. */
function succeed(folder: string, program: string, ...words: string[]): string {
  const { status, output } = run(folder, program, ...words);
  assert.equal(status, 0, `${program} ${words.join(" ")}\n${output}`);
  return output;
}

/** Packs a copy, so that the repository's own package.json stays as it is while other tests run. */
function pack(folder: string): string {
  for (const path of ["package.json", "tsconfig.json", ".npmrc"]) cpSync(join(root, path), join(folder, path));
  const own = (path: string) => !/(node_modules|\/dist|\.tgz)$/.test(path);
  cpSync(join(root, "chassis"), join(folder, "chassis"), { recursive: true, filter: own });
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  execFileSync("npm", ["pack"], { cwd: join(folder, "chassis"), env: environment, stdio: "pipe" });
  const [file = ""] = readdirSync(join(folder, "chassis")).filter((name) => name.endsWith(".tgz"));
  return join(folder, "chassis", file);
}

const folder = await temporaryFolder(fileCleanup);
// The embedded PostgreSQL may run as another user, who has to get to it.
chmodSync(folder, 0o755);
const repository = join(folder, "repository");
const empty = join(folder, "empty");
const system = join(empty, "hello");
mkdirSync(repository);
mkdirSync(empty);

const install = ["install", "--prefer-offline", "--no-audit", "--no-fund"];
const unreachable = /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ENOTCACHED)\b/;
let missing: string | undefined = "the package is not installed";

/** A test of what was installed; skipped when nothing could be. */
const installedTest = (title: string, run: () => void | Promise<void>) =>
  test(title, async (t) => (missing ? t.skip(missing) : run()));

test("the package is packed, and installs into an empty folder", (t) => {
  const tarball = pack(repository);
  const { status, output } = run(empty, "npm", ...install, tarball);
  if (status !== 0 && unreachable.test(output)) return t.skip("the registry can't be reached");
  assert.equal(status, 0, output);
  missing = undefined;
  assert.ok(realpathSync(join(empty, "node_modules/@flotilla/chassis")).startsWith(realpathSync(empty)));
});

installedTest("flotilla new makes a system, which is installed as any other", () => {
  succeed(empty, "npx", "--no", "flotilla", "new", "hello");
  succeed(system, "npm", ...install);
  assert.ok(existsSync(join(system, "node_modules/@flotilla/chassis/dist")));
});

installedTest("the system's types are right, and its tests pass", () => {
  succeed(system, "npm", "run", "check");
  assert.match(succeed(system, "npm", "test"), /pass 2\n/);
});

installedTest("what is no entry point can't be imported", () => {
  const loaded = (path: string) =>
    run(system, "npx", "--no", "--", "node", "-e", `import("@flotilla/chassis/${path}")`);
  assert.match(loaded("core/clock").output, /ERR_PACKAGE_PATH_NOT_EXPORTED/);
  for (const entry of Object.keys(JSON.parse(readFileSync(join(root, "chassis/package.json"), "utf8")).exports)) {
    // It is for tests only: loaded elsewhere it waits for them.
    if (entry !== "./testing") assert.deepEqual(loaded(entry.slice(2)), { status: 0, output: "" });
  }
});

installedTest("the running system answers a call, which becomes an event, which is consumed", async () => {
  const running = spawn("npm", ["start"], {
    cwd: system,
    env: { ...environment, PORT: "0" },
    stdio: "ignore",
    detached: true,
  });
  const ended = once(running, "exit");
  try {
    const runFile = join(system, ".data/run.json");
    for (; !existsSync(runFile); await delay(100)) assert.equal(running.exitCode, null, "it ended before it was ready");
    const { gateway } = JSON.parse(readFileSync(runFile, "utf8"));
    const headers = { "content-type": "application/json" };
    const greeting = { method: "POST", headers, body: JSON.stringify({ text: "Hello" }) };
    assert.equal((await fetch(`${gateway}/api/greetings`, greeting)).status, 201);
    const entries = await eventually(async () => {
      const { items } = (await (await fetch(`${gateway}/api/journal`)).json()) as { items: { text: string }[] };
      return items.length > 0 && items.map(({ text }) => text);
    });
    assert.deepEqual(entries, ["Someone said: Hello"]);
  } finally {
    // As a terminal's Ctrl-C does: all that it started gets it.
    process.kill(-(running.pid as number), "SIGINT");
    await ended;
  }
});

installedTest("flotilla new service adds one, whose types and tests are right as well", () => {
  succeed(system, "npx", "--no", "flotilla", "new", "service", "reviews");
  succeed(system, "npm", "run", "check");
  assert.match(succeed(system, "npm", "test"), /pass 3\n/);
});

installedTest("a driver that is not installed is told before anything starts, in one line", () => {
  const settings = { ...environment, BROKER_URL: "amqp://localhost", REDIS_URL: "redis://localhost", PORT: "0" };
  const { status, stderr } = spawnSync("npx", ["--no", "flotilla", "start"], {
    cwd: system,
    env: settings,
    encoding: "utf8",
  });
  const line = (setting: string, name: string) =>
    `${setting} needs the package ${name}, which is not installed: npm install ${name}\n`;
  assert.deepEqual([status, stderr], [1, line("BROKER_URL", "amqplib") + line("REDIS_URL", "ioredis")]);
});

installedTest("outside of a system, and with wrong names, one line says what to do", () => {
  for (const words of [["start"], ["new", "hello"], ["new", "Hello"], ["new", "service", "a"], ["strat"]]) {
    const { status, output } = run(empty, "npx", "--no", "flotilla", ...words);
    assert.deepEqual([status, output.trimEnd().split("\n").length], [1, 1], output);
  }
});
