import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { newServiceKey } from "../../identity/keys/signing-key.ts";
import { eventually } from "../../testing/eventually.ts";
import { temporaryFolder } from "../../testing/temporary-folder.ts";

/** The gateway as a process of its own, as the supervisor starts it. */
async function gatewayProcess(t: TestContext, settings: Record<string, string>) {
  const key = join(await temporaryFolder(t), "gateway.json");
  await writeFile(key, JSON.stringify((await newServiceKey("gateway")).privateJwk), { mode: 0o600 });
  const child = spawn(process.execPath, [fileURLToPath(new URL("./gateway-process.fixture.ts", import.meta.url))], {
    env: { ...process.env, SERVICE_KEY_FILE: key, LOG_LEVEL: "silent", ...settings },
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  t.after(() => child.kill("SIGKILL"));
  let errors = "";
  child.stderr?.on("data", (text) => {
    errors += text;
  });
  const exited = once(child, "exit").then(([code]) => code as number);
  const ready = once(child, "message").then(([message]) => (message as { url: string }).url);
  const url = await Promise.race([ready, exited.then(() => "")]);
  const workers = async () =>
    (await readFile(`/proc/${child.pid}/task/${child.pid}/children`, "utf8")).trim().split(" ");
  return { child, url, exited, workers, errors: () => errors };
}

const skip = process.platform === "linux" ? false : "the workers are looked up in /proc";

test("several workers serve at one address, and count together", { skip }, async (t) => {
  const gateway = await gatewayProcess(t, { GATEWAY_WORKERS: "2", RATE_LIMIT_ADDRESS: "5" });
  assert.equal((await gateway.workers()).length, 2);
  const statuses: number[] = [];
  for (let at = 0; at < 8; at++) {
    const { status } = await fetch(`${gateway.url}/api/nothing`, { headers: { connection: "close" } });
    statuses.push(status);
  }
  assert.deepEqual(statuses, [404, 404, 404, 404, 404, 429, 429, 429]);
});

test("a worker that dies is replaced, the others serve on, and all stop together", { skip }, async (t) => {
  const gateway = await gatewayProcess(t, { GATEWAY_WORKERS: "2" });
  const before = await gateway.workers();
  process.kill(Number(before[0]), "SIGKILL");
  await eventually(async () => {
    const now = await gateway.workers();
    return now.length === 2 && !now.includes(before[0] as string);
  });
  await eventually(async () => (await fetch(`${gateway.url}/health`)).ok);
  const last = await gateway.workers();
  gateway.child.kill("SIGTERM");
  assert.equal(await gateway.exited, 0);
  for (const pid of last) assert.throws(() => process.kill(Number(pid), 0), pid);
});

test("workers end with the process that started them", { skip }, async (t) => {
  const gateway = await gatewayProcess(t, { GATEWAY_WORKERS: "2" });
  const workers = await gateway.workers();
  gateway.child.kill("SIGKILL");
  await eventually(() => workers.every((pid) => !isRunning(Number(pid))));
});

test("settings that are wrong for the workers end the start", { skip }, async (t) => {
  const gateway = await gatewayProcess(t, { GATEWAY_WORKERS: "2", TRUSTED_PROXIES: "everybody" });
  assert.equal(await gateway.exited, 1);
  assert.match(gateway.errors(), /everybody is not a network/);
});

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
