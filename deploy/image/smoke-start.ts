import { type ChildProcess, spawn } from "node:child_process";
import { generateKeyPairSync, randomInt } from "node:crypto";
import { once } from "node:events";
import { globSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/*
 * Starts the service in the working folder as its container will, but with nobody around: it must load everything, listen, wait for its
 * database (the gateway has none and is ready) and stop on SIGTERM. What is missing in the image fails its build here; what was compiled
 * stays in the compile cache.
 */
const PATIENCE = 60_000;

const service = basename(process.cwd());
const folder = mkdtempSync(join(tmpdir(), "smoke-start-"));
const port = randomInt(20_000, 30_000);
const child = spawn(
  process.execPath,
  [pathOf("chassis/src/topology/system/run-service.ts"), pathOf("shop/topology.ts")],
  {
    env: { ...process.env, SERVICE: service, ...(await settings()) },
    stdio: ["ignore", "pipe", "inherit"],
  },
);
const late = setTimeout(() => {
  console.error(`${service} took more than ${PATIENCE / 1_000} s`);
  child.kill("SIGKILL");
}, PATIENCE);
const came = await comesUp(child);
const alive = came ? (await fetch(`http://127.0.0.1:${port}/health`)).json() : undefined;
const told = (await alive) as { service?: string } | undefined;
const ended = once(child, "exit");
child.kill("SIGTERM");
const [code] = child.exitCode === null ? await ended : [child.exitCode];
clearTimeout(late);
rmSync(folder, { recursive: true });
const whole = came && told?.service === service && code === 0 && hasMigrations();
console.log(`${service} ${whole ? "starts and stops" : `does not start and stop as it should (exit code ${code})`}`);
process.exit(whole ? 0 : 1);

/** Where a file of the repository is in the image. */
function pathOf(file: string): string {
  return fileURLToPath(new URL(`../../${file}`, import.meta.url));
}

/** Settings of the right form, by which nothing is reached. */
async function settings(): Promise<NodeJS.ProcessEnv> {
  const { privateKey } = generateKeyPairSync("ed25519");
  const key = { ...privateKey.export({ format: "jwk" }), kid: service, alg: "EdDSA", use: "sig" };
  const { d: _, ...publicKey } = key;
  const file = (name: string, content: unknown) => {
    const path = join(folder, name);
    writeFileSync(path, JSON.stringify(content));
    return path;
  };
  return {
    HOST: "127.0.0.1",
    PORT: String(port),
    LOG_LEVEL: "info",
    DATABASE_URL: "postgres://nobody@127.0.0.1:1/nothing",
    BROKER_URL: "amqp://nobody@127.0.0.1:1",
    DISCOVERY_URL: "consul://127.0.0.1:1",
    REDIS_URL: "redis://127.0.0.1:1",
    SMTP_URL: "smtp://127.0.0.1:1",
    SERVICE_KEY_FILE: file("key.json", key),
    SERVICE_PUBLIC_KEYS_FILE: file("public.json", { keys: [publicKey] }),
  };
}

/** Whether it said that it is ready, or waits for its database, before it ended. */
async function comesUp({ stdout }: ChildProcess): Promise<boolean> {
  if (!stdout) return false;
  for await (const line of createInterface(stdout)) {
    console.log(line);
    if (/"msg":"(ready|waiting for the database)"/.test(line)) return true;
  }
  return false;
}

/** What has tables has migrations, and they are in the image. */
function hasMigrations(): boolean {
  const hasTables = globSync("**/*-store.ts").length > 0;
  return !hasTables || globSync("migrations/*.sql").length > 0;
}
