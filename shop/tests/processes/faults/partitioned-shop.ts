import { randomUUID } from "node:crypto";
import { Agent, request } from "node:http";
import { join } from "node:path";
import { openDatabase } from "@flotilla/chassis/database";
import { createLog } from "@flotilla/chassis/telemetry";
import type { Cleanup } from "@flotilla/chassis/testing";
import { type FaultProxy, faultProxy } from "../../../../chassis/src/testing/fault-proxy/fault-proxy.ts";
import { startNameServer } from "../../../../chassis/src/topology/network/name-server.ts";
import { startEmbeddedPostgres } from "../../../../chassis/src/topology/postgres/embedded-postgres.ts";
import { readAdministrator } from "../../../commands/start/administrator.ts";
import { shop as topology } from "../../../topology.ts";
import { eventually, Visitor } from "../../fixtures/visitor.ts";
import { PATIENCE, type Supervisor, shopFolder, startSupervisor, waitForRunFile } from "../fixtures/running-shop.ts";

/** A shop whose services reach their databases, their broker and each other over networks that can be made bad. */
export type PartitionedShop = {
  readonly database: FaultProxy;
  readonly broker: FaultProxy;
  /** What lies before each service for the others. */
  readonly peers: Readonly<Record<string, FaultProxy>>;
  /** Where each service itself listens. */
  readonly urls: Readonly<Record<string, string>>;
  visitor(): Visitor;
  admin(): Promise<Visitor>;
};

/** Starts the processes of a shop over a PostgreSQL server of their own; each service is found behind a proxy. */
export async function partitionedShop(t: Cleanup, settings: NodeJS.ProcessEnv = {}): Promise<PartitionedShop> {
  const dataFolder = await shopFolder(t);
  // One that keeps what was committed: the shop asks for that. It ends with the folder.
  const server = await startEmbeddedPostgres({ dataFolder: join(dataFolder, "postgres") });
  const port = Number(new URL(server.url).port);
  const [database, broker] = await Promise.all([faultProxy(t, { port }), faultProxy(t, { port })]);
  await createDatabase(server.url, "messages");
  const names = await startNameServer();
  t.after(() => names.close());

  const through = (proxy: FaultProxy, path?: string) =>
    Object.assign(new URL(server.url), { port: String(proxy.port) }, path ? { pathname: path } : {}).href;
  const supervisor = startSupervisor(t, {
    dataFolder,
    environment: {
      DATABASE_URL: through(database),
      BROKER_URL: through(broker, "/messages"),
      DISCOVERY_URL: names.discoveryUrl,
      ...settings,
    },
  });
  const urls = await listening(supervisor);
  const peers: Record<string, FaultProxy> = {};
  for (const [name, url] of Object.entries(urls))
    peers[name] = await faultProxy(t, { port: Number(new URL(url).port) });
  names.tell(
    Object.fromEntries(Object.entries(peers).map(([name, proxy]) => [name, [`http://127.0.0.1:${proxy.port}`]])),
  );
  await waitForRunFile(dataFolder, undefined, supervisor);
  const visitor = () => new Visitor(urls["gateway"] ?? "");
  return {
    database,
    broker,
    peers,
    urls,
    visitor,
    admin: async () => visitor().signIn((await readAdministrator(dataFolder)) ?? { email: "", password: "" }),
  };
}

const services = topology.services;

/** Where each process listens, as soon as all are ready: they look for each other then. */
async function listening({ output, exit }: Supervisor): Promise<Record<string, string>> {
  const urlOf = (name: string) => new RegExp(`^ +${name}-1 +ready +(\\S+)`, "m").exec(output())?.[1];
  const urls = async () => {
    const found = services.map((name) => [name, urlOf(name)] as const);
    return found.every(([, url]) => url) ? (Object.fromEntries(found) as Record<string, string>) : undefined;
  };
  const ended = exit.then(() => {
    throw new Error(`the shop ended before it was ready:\n${output()}`);
  });
  return Promise.race([eventually("all processes are ready", urls, PATIENCE), ended]);
}

async function createDatabase(url: string, name: string): Promise<void> {
  const database = openDatabase({ url, name: "test", log: createLog({ service: "test", level: "silent" }) });
  await database.query(`create database ${name}`);
  await database.close();
}

/** An answer to somebody with a deadline: its status (0: none), and after how many milliseconds. */
export type Timed = { readonly status: number; readonly took: number };

/** Asks services directly, as their callers do: with a deadline that travels along, and without giving up before. */
export function directCaller(t: Cleanup) {
  const agent = new Agent({ keepAlive: true });
  t.after(() => agent.destroy());
  return (
    url: string,
    deadline: number,
    { method = "GET", token, body }: { method?: "GET" | "POST"; token?: string; body?: unknown } = {},
  ): Promise<Timed> => {
    const headers: Record<string, string> = { "x-deadline-ms": String(deadline) };
    if (token) headers["authorization"] = `Bearer ${token}`;
    if (body) Object.assign(headers, { "content-type": "application/json", "idempotency-key": randomUUID() });
    const began = performance.now();
    return new Promise((resolve) => {
      const end = (status: number) => resolve({ status, took: performance.now() - began });
      const asking = request(url, { agent, method, headers }, (answer) => {
        answer.resume();
        answer.on("end", () => end(answer.statusCode ?? 0));
        answer.on("error", () => end(0));
      });
      asking.on("error", () => end(0));
      asking.end(body ? JSON.stringify(body) : undefined);
    });
  };
}
