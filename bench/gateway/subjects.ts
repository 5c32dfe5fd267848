import { fileURLToPath } from "node:url";
import type { Tokens } from "./keys.ts";
import { CORES } from "./load.ts";
import { type Processes, startProcesses } from "./processes.ts";
import { haproxyCommand, nginxCommand, upstreamCommand } from "./proxies.ts";

/** A gateway under load: where it answers with the product, and the token that it wants. */
export type Subject = { readonly name: string; readonly url: string; readonly token: string; readonly pid: number };

/** All subjects, and what stands behind them, until `stop`. */
export type World = { readonly subjects: readonly Subject[]; stop(): Promise<void> };

/** What stands behind the gateways: nginx with the product, and the product as services of ours and of Moleculer's offer it. */
type Behind = { readonly upstream: string; readonly service: string; readonly nodePort: number };
type Needs = {
  readonly processes: Processes;
  readonly tokens: Tokens;
  readonly folder: string;
  readonly behind: Behind;
};

/**
 * How each subject is started. Peers have the settings they come with, but for no limit that is reached; "tuned" has what their
 * documentation offers for speed, where that is something else.
 */
const starts: Record<string, (needs: Needs) => Promise<Subject>> = {
  flotilla: (needs) => node("flotilla", "flotilla.ts", needs, { USERS: needs.tokens.keyServer }, needs.tokens.ours),
  "flotilla, before a service of ours"(needs) {
    const settings = { USERS: needs.tokens.keyServer, UPSTREAM: needs.behind.service };
    return node("flotilla, before a service of ours", "flotilla.ts", needs, settings, needs.tokens.ours);
  },
  nginx: (needs) => native("nginx", nginxCommand, needs),
  haproxy: (needs) => native("haproxy", haproxyCommand, needs),
  fastify: (needs) => node("fastify", "fastify.js", needs),
  "fastify, tuned": (needs) => node("fastify, tuned", "fastify.js", needs, { TUNED: "yes" }),
  express: (needs) => node("express", "express.js", needs),
  "express, proxy 3": (needs) => node("express, proxy 3", "express.js", needs, { PROXY: "http-proxy-middleware-3" }),
  "express, proxy 3, tuned": (needs) =>
    node("express, proxy 3, tuned", "express.js", needs, { PROXY: "http-proxy-middleware-3", TUNED: "yes" }),
  async "moleculer-web"(needs) {
    const PRODUCTS_PORT = String(needs.behind.nodePort);
    return node("moleculer-web", "moleculer.js", needs, {
      NODE_PORT: String(await needs.processes.port()),
      PRODUCTS_PORT,
    });
  },
};

/** Starts the subjects (all, or those that are named) on one core, and the product on the other. Their logs go to files in `folder`. */
export async function startWorld(folder: string, tokens: Tokens, only: readonly string[] = []): Promise<World> {
  const processes = startProcesses(folder);
  const behind = await startProduct(processes, folder);
  const subjects: Subject[] = [];
  for (const [name, start] of Object.entries(starts)) {
    if (only.length === 0 || only.includes(name)) subjects.push(await start({ processes, tokens, folder, behind }));
  }
  return { subjects, stop: () => processes.stop() };
}

async function startProduct(processes: Processes, folder: string): Promise<Behind> {
  const [port, nodePort] = [await processes.port(), await processes.port()];
  await processes.listening("upstream", CORES.load, await upstreamCommand(folder, port), port);
  await processes.node("products", CORES.load, program("moleculer-products.js"), { NODE_PORT: String(nodePort) });
  const { said } = await processes.node("service", CORES.load, program("products.ts"), {});
  return { upstream: `http://127.0.0.1:${port}`, service: `http://127.0.0.1:${said}`, nodePort };
}

async function native(name: string, command: typeof nginxCommand, needs: Needs): Promise<Subject> {
  const { processes, folder, behind, tokens } = needs;
  const port = await processes.port();
  const upstream = new URL(behind.upstream).host;
  const pid = await processes.listening(name, CORES.subject, await command(folder, port, upstream), port);
  return { name, url: productAt(port), token: tokens.peers, pid };
}

async function node(
  name: string,
  file: string,
  { processes, tokens, behind }: Needs,
  settings: Record<string, string> = {},
  token = tokens.peers,
): Promise<Subject> {
  const environment = { UPSTREAM: behind.upstream, SECRET: tokens.secret, ...settings };
  const { pid, said } = await processes.node(name, CORES.subject, program(file), environment);
  return { name, url: productAt(Number(said)), token, pid };
}

const program = (file: string): string => fileURLToPath(new URL(`./${file}`, import.meta.url));
const productAt = (port: number): string => `http://127.0.0.1:${port}/api/products/1`;
