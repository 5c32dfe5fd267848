import { spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";

// The program itself: a wrapper would leave it behind when it is ended.
const PROGRAM = `../node_modules/@restatedev/restate-server-${process.platform}-${process.arch}/bin/restate-server`;

/** Starts a Restate server that ends with this process, makes the services at `endpoint` known to it, and returns its ingress. */
export async function startRestateServer(endpoint: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "flotilla-restate-"));
  const [ingress, admin, node] = [await freePort(), await freePort(), await freePort()];
  const server = spawn(fileURLToPath(new URL(PROGRAM, import.meta.url)), {
    cwd: folder,
    stdio: "ignore",
    env: {
      PATH: process.env["PATH"],
      DO_NOT_TRACK: "1",
      RESTATE_DISABLE_TELEMETRY: "true",
      RESTATE_BASE_DIR: folder,
      RESTATE_BIND_ADDRESS: `127.0.0.1:${node}`,
      RESTATE_ADVERTISED_ADDRESS: `http://127.0.0.1:${node}`,
      RESTATE_INGRESS__BIND_ADDRESS: `127.0.0.1:${ingress}`,
      RESTATE_ADMIN__BIND_ADDRESS: `127.0.0.1:${admin}`,
    },
  });
  process.once("exit", () => {
    server.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  });
  const deployment = { uri: endpoint, use_http_11: false };
  for (const timeout = AbortSignal.timeout(60_000); ; await delay(200)) {
    timeout.throwIfAborted();
    if (server.exitCode !== null) throw new Error(`restate-server ended with ${server.exitCode}`);
    const answer = await fetch(`http://127.0.0.1:${admin}/deployments`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(deployment),
    }).catch(() => undefined);
    if (answer?.ok) return `http://127.0.0.1:${ingress}`;
  }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => probe.once("listening", resolve));
  const { port } = probe.address() as { port: number };
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
