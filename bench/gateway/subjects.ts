import { type ChildProcess, spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { accessTokens } from "@flotilla/chassis/identity/access-token";
import { newSigningKey } from "@flotilla/chassis/identity/signing-key";
import { CORES } from "./load.ts";
import { haproxyCommand, nginxCommand, upstreamCommand } from "./proxies.ts";

/** A gateway under load: where it answers with the product, and the token that it wants. */
export type Subject = { readonly name: string; readonly url: string; readonly token: string; readonly pid: number };

/** All subjects, and what stands behind them, until `stop`. */
export type World = { readonly subjects: readonly Subject[]; stop(): Promise<void> };

const SECRET = "a secret that the peers share with whoever signs";
const product = readFileSync(new URL("./product.json", import.meta.url), "utf8");

/** Starts all subjects on one core, and nginx with the product on the other. Their logs go to files in `folder`. */
export async function startWorld(folder: string): Promise<World> {
  const children: ChildProcess[] = [];
  const ports = await Promise.all(Array.from({ length: 5 }, freePort));
  const [upstream = 0, nginx = 0, haproxy = 0, productsNode = 0, gatewayNode = 0] = ports;
  const key = await newSigningKey();
  const keys = await keyServer(key.publicJwk);
  const accessToken = await accessTokens({ key: key.privateJwk })({
    id: "u1",
    name: "Ann",
    role: "customer",
    session: "s1",
  });
  const peerToken = signed({ sub: "u1", role: "customer", exp: Math.floor(Date.now() / 1_000) + 86_400 });

  async function run(name: string, core: string, command: readonly string[], environment = {}): Promise<ChildProcess> {
    const log = await open(join(folder, `${name}.log`), "w");
    const child = spawn("taskset", ["-c", core, ...command], {
      env: { ...process.env, NODE_ENV: "production", ...environment },
      stdio: ["ignore", log.fd, "inherit", "ipc"],
    });
    await log.close();
    children.push(child);
    return child;
  }
  async function native(name: string, core: string, command: readonly string[], port: number): Promise<Subject> {
    const child = await run(name, core, command);
    await listening(port);
    return { name, url: `http://127.0.0.1:${port}/api/products/1`, token: peerToken, pid: child.pid as number };
  }
  async function node(
    name: string,
    file: string,
    token: string,
    environment: Record<string, string>,
  ): Promise<Subject> {
    const main = fileURLToPath(new URL(`./${file}`, import.meta.url));
    const child = await run(name, CORES.subject, [process.execPath, main], environment);
    const [port] = await once(child, "message");
    return { name, url: `http://127.0.0.1:${port}/api/products/1`, token, pid: child.pid as number };
  }

  await native("upstream", CORES.load, await upstreamCommand(folder, upstream, product), upstream);
  const peer = { UPSTREAM: `http://127.0.0.1:${upstream}`, SECRET };
  const main = fileURLToPath(new URL("./moleculer-products.js", import.meta.url));
  await once(
    await run("products", CORES.load, [process.execPath, main], { NODE_PORT: String(productsNode) }),
    "message",
  );
  const nodes = { NODE_PORT: String(gatewayNode), PRODUCTS_PORT: String(productsNode) };
  const subjects = [
    await node("flotilla", "flotilla.ts", accessToken, { ...peer, USERS: keys.url }),
    await native("nginx", CORES.subject, await nginxCommand(folder, nginx, upstream), nginx),
    await native("haproxy", CORES.subject, await haproxyCommand(folder, haproxy, upstream), haproxy),
    await node("fastify", "fastify.js", peerToken, peer),
    await node("express", "express.js", peerToken, peer),
    await node("moleculer-web", "moleculer.js", peerToken, { ...peer, ...nodes }),
  ];
  return {
    subjects,
    async stop() {
      keys.close();
      for (const child of children) child.kill("SIGTERM");
      await Promise.all(children.map((child) => child.exitCode ?? child.signalCode ?? once(child, "exit")));
    },
  };
}

/** A token as the peers verify it: HS256, the cheapest that they know. */
function signed(claims: object): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const text = `${part({ alg: "HS256", typ: "JWT" })}.${part(claims)}`;
  return `${text}.${createHmac("sha256", SECRET).update(text).digest("base64url")}`;
}

/** Shows the public key of our tokens. */
async function keyServer(key: object): Promise<{ url: string; close(): void }> {
  const server = createServer((_, response) => {
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ keys: [key] }));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function listening(port: number): Promise<void> {
  for (;;) {
    const socket = connect(port, "127.0.0.1");
    const answers = await Promise.race([
      once(socket, "connect").then(() => true),
      once(socket, "close").then(() => false),
    ]).catch(() => false);
    socket.destroy();
    if (answers) return;
    await delay(20);
  }
}
