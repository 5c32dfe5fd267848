import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { request } from "undici";
import { freePort } from "../../topology/network/free-port.ts";
import { eventually } from "../eventually.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { findConsul } from "./consul-program.ts";
import type { Cleanup } from "./postgres.ts";

const program = await findConsul();

/** Why tests against Consul can't run here; false when they can. */
export const consulMissing: string | false = program
  ? false
  : "there is no Consul: npm run tool -- fetch-consul fetches it on Debian";

/** An agent of the test's own, with an empty registry. */
export type ConsulServer = {
  /** `http://host:port` of its HTTP interface. */
  readonly url: string;
  /** `host:port` of its name server. */
  readonly dns: string;
  /** Ends it as a power cut would; what it knew is gone. */
  kill(): Promise<void>;
  /** Starts it again at the same ports. */
  start(): Promise<void>;
  /** Puts instances of a service into the catalogue, in place of those before. */
  set(service: string, urls: readonly string[]): Promise<void>;
  /** The ids of the instances of a service that are passing. */
  passing(service: string): Promise<string[]>;
};

/** Starts an agent on free ports; it ends with the test. */
export async function consulServer(t: Cleanup): Promise<ConsulServer> {
  const folder = await temporaryFolder(t);
  const ports = await Promise.all(Array.from({ length: 5 }, freePort));
  const [http, dns] = ports as [number, number, number, number, number];
  const url = `http://127.0.0.1:${http}`;
  let child: ChildProcess | undefined;

  async function kill(): Promise<void> {
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
  }

  async function start(): Promise<void> {
    child = spawn(program as string, argumentsFor(ports), { cwd: folder, stdio: "ignore", env: { HOME: folder } });
    endAfterUs(child.pid as number);
    await eventually(async () => (await ask(`${url}/v1/health/service/consul?passing=1`)).length > 0);
  }

  t.after(kill);
  await start();
  const catalogue = new Map<string, readonly string[]>();
  return {
    url,
    dns: `127.0.0.1:${dns}`,
    kill,
    start,
    async set(service, urls) {
      const gone = (catalogue.get(service) ?? []).filter((each) => !urls.includes(each));
      catalogue.set(service, urls);
      for (const each of urls) await put(`${url}/v1/agent/service/register`, entryOf(service, each));
      for (const each of gone) await put(`${url}/v1/agent/service/deregister/${entryOf(service, each).ID}`);
    },
    passing: async (service) =>
      (await ask(`${url}/v1/health/service/${service}?passing=1`)).map(({ Service }) => Service.ID),
  };
}

/** Tests are killed now and then; what ends their agent must outlive them. */
function endAfterUs(pid: number): void {
  const script = 'while kill -0 "$1" && kill -0 "$2"; do sleep 1; done 2>/dev/null; kill -KILL "$2" 2>/dev/null';
  const guard = spawn("sh", ["-c", script, "sh", String(process.pid), String(pid)], {
    detached: true,
    stdio: "ignore",
  });
  guard.once("error", () => {});
  guard.unref();
}

function argumentsFor(ports: readonly number[]): string[] {
  const names = ["http", "dns", "server", "serf-lan", "serf-wan"];
  const listening = names.flatMap((name, at) => [`-${name}-port`, String(ports[at])]);
  return ["agent", "-dev", "-bind", "127.0.0.1", "-client", "127.0.0.1", "-grpc-port", "-1", ...listening];
}

function entryOf(service: string, url: string) {
  const { hostname, port } = new URL(url);
  return { ID: `${service}-${port}`, Name: service, Address: hostname, Port: Number(port) };
}

async function ask(url: string): Promise<{ Service: { ID: string } }[]> {
  const { body } = await request(url);
  return (await body.json()) as { Service: { ID: string } }[];
}

async function put(url: string, body?: unknown): Promise<void> {
  const answer = await request(url, { method: "PUT", body: body === undefined ? null : JSON.stringify(body) });
  await answer.body.dump();
  if (answer.statusCode !== 200) throw new Error(`Consul answered ${answer.statusCode}`);
}
