import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DestinationStream } from "pino";
import type { Environment } from "../core/config.ts";
import type { Database } from "../database/database.ts";
import { type StaticDiscovery, staticDiscovery } from "../discovery/static.ts";
import { serviceTokens } from "../identity/service-token.ts";
import { newServiceKey } from "../identity/signing-key.ts";
import type { Broker } from "../messaging/broker.ts";
import { memoryBroker } from "../messaging/memory-broker.ts";
import type { Running, Surroundings } from "../service/surroundings.ts";
import { createLog } from "../telemetry/log.ts";
import { type Cleanup, testDatabase } from "./postgres.ts";

/** A service to run in this process, and the settings that only it gets. */
export type InProcessService = {
  readonly name: string;
  readonly environment?: Environment;
  start(surroundings: Surroundings): Promise<Running>;
};

/** Services that run together in one process: real HTTP, a real database for each, one broker. */
export type InProcess = {
  /** Where a service listens. */
  url(service: string): string;
  /** A service's own database. */
  database(service: string): Database;
  /** The token with which one service calls another; `from` may be any service that runs here. */
  serviceToken(from: string, to: string): Promise<string>;
  /** Stops a service as SIGTERM would, and starts it again. */
  restart(service: string): Promise<void>;
};

/**
 * Starts services in this process; they stop when the test ends. The broker is an in-memory one unless another is given. `log` gets
 * every line that they log.
 */
export async function startInProcess(
  t: Cleanup,
  services: readonly InProcessService[],
  broker: Broker = memoryBroker(),
  log?: DestinationStream,
): Promise<InProcess> {
  const keys = await keyFiles(t, services);
  const discovery = staticDiscovery({});
  const databases = new Map<string, { url: string; database: Database }>();
  for (const { name } of services) databases.set(name, await testDatabase(t));
  const running = new Map<string, Running>();

  const start = async ({ name, environment, start }: InProcessService) => {
    const surroundings: Surroundings = {
      environment: {
        DATABASE_URL: databases.get(name)?.url,
        BROKER_URL: "memory:",
        ...keys.environment(name),
        ...environment,
      },
      log: log
        ? createLog({ service: name, level: "trace", destination: log })
        : createLog({ service: name, level: process.env["TEST_LOG_LEVEL"] ?? "silent" }),
      discovery,
      broker,
    };
    running.set(name, await start(surroundings));
    announce(discovery, running);
  };

  t.after(async () => {
    await Promise.all(Array.from(running.values(), (service) => service.stop()));
    await broker.close();
  });
  // All of them are awaited, so that what did start is known, and stopped, when one did not.
  const started = await Promise.allSettled(services.map(start));
  for (const each of started) if (each.status === "rejected") throw each.reason;
  return {
    url: (service) => known(running, service).url,
    database: (service) => known(databases, service).database,
    serviceToken: (from, to) => keys.token(from, to),
    async restart(service) {
      await known(running, service).stop();
      running.delete(service);
      announce(discovery, running);
      await start(known(new Map(services.map((each) => [each.name, each])), service));
    },
  };
}

const announce = (discovery: StaticDiscovery, running: ReadonlyMap<string, Running>) =>
  discovery.update(Object.fromEntries(Array.from(running, ([name, { url }]) => [name, [url]])));

function known<T>(all: ReadonlyMap<string, T>, service: string): T {
  const found = all.get(service);
  if (!found) throw new Error(`${service} does not run here`);
  return found;
}

async function keyFiles(t: Cleanup, services: readonly InProcessService[]) {
  const folder = await mkdtemp(join(tmpdir(), "keys-"));
  t.after(() => rm(folder, { recursive: true }));
  const publicKeys = join(folder, "public.json");
  const keys = await Promise.all(services.map(({ name }) => newServiceKey(name)));
  await writeFile(publicKeys, JSON.stringify({ keys: keys.map(({ publicJwk }) => publicJwk) }));
  for (const { privateJwk } of keys)
    await writeFile(join(folder, `${privateJwk.kid}.json`), JSON.stringify(privateJwk));
  return {
    token(from: string, to: string): Promise<string> {
      const key = keys.find(({ privateJwk }) => privateJwk.kid === from)?.privateJwk;
      if (!key) throw new Error(`${from} does not run here`);
      return serviceTokens({ name: from, key })(to);
    },
    environment: (name: string): Environment => ({
      SERVICE_KEY_FILE: join(folder, `${name}.json`),
      SERVICE_PUBLIC_KEYS_FILE: publicKeys,
    }),
  };
}
