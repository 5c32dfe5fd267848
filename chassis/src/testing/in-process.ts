import type { DestinationStream } from "pino";
import type { Contract } from "../contract/contract.ts";
import type { Environment } from "../core/configuration/config.ts";
import type { Database } from "../database/database.ts";
import { type StaticDiscovery, staticDiscovery } from "../discovery/static.ts";
import { startGateway } from "../gateway/host/start-gateway.ts";
import type { Broker } from "../messaging/brokers/broker.ts";
import { memoryBroker } from "../messaging/brokers/memory/memory-broker.ts";
import { startService } from "../service/host/host.ts";
import type { Running, Surroundings } from "../service/host/surroundings.ts";
import { createLog } from "../telemetry/log.ts";
import { type Definition, isGateway, nameOf, subscriptionsOf, systemOf } from "../topology/system/system.ts";
import { type Cleanup, testDatabase } from "./servers/postgres.ts";
import { serviceKeys } from "./under-test/service-keys.ts";

/** A service or gateway to run in this process, and the settings that only it gets. */
export type InProcessService = { readonly service: Definition; readonly environment?: Environment };

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
 * Starts services in this process; they stop when the test ends. The broker is an in-memory one unless another is given, and knows who wants
 * what before any of them starts. The one named `users`, if it is there, is the identity service. `log` gets every line that they log.
 */
export async function startInProcess(
  t: Cleanup,
  services: readonly InProcessService[],
  broker: Broker = memoryBroker(),
  log?: DestinationStream,
): Promise<InProcess> {
  const system = systemOf(
    services.map(({ service }) => service),
    services.some(({ service }) => nameOf(service) === IDENTITY) ? IDENTITY : undefined,
  );
  const names = system.services.map(({ name }) => name);
  const keys = await serviceKeys(t, names);
  const discovery = staticDiscovery({});
  const databases = new Map<string, { url: string; database: Database }>();
  for (const name of names) databases.set(name, await testDatabase(t));
  const running = new Map<string, Running>();

  const start = async ({ service, environment }: InProcessService) => {
    const name = nameOf(service);
    const surroundings: Surroundings = {
      environment: {
        DATABASE_URL: databases.get(name)?.url,
        BROKER_URL: "memory:",
        IDENTITY_SERVICE: system.identity,
        INTERNAL_CALLERS: JSON.stringify(system.services.find((each) => each.name === name)?.internalCallers),
        ...keys.environment(name),
        ...environment,
      },
      log: log
        ? createLog({ service: name, level: "trace", destination: log })
        : createLog({ service: name, level: process.env["TEST_LOG_LEVEL"] ?? "silent" }),
      discovery,
      broker,
    };
    running.set(name, await startDefinition(service, surroundings, services));
    announce(discovery, running);
  };

  await broker.declare(subscriptionsOf(system));
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
    serviceToken: (from, to) => keys.tokensOf(from)(to),
    async restart(service) {
      await known(running, service).stop();
      running.delete(service);
      announce(discovery, running);
      await start(known(new Map(services.map((each) => [nameOf(each.service), each])), service));
    },
  };
}

const IDENTITY = "users";

function startDefinition(
  definition: Definition,
  surroundings: Surroundings,
  all: readonly InProcessService[],
): Promise<Running> {
  if (!isGateway(definition)) return startService(definition, surroundings);
  const contracts = all.flatMap(({ service }) => (isGateway(service) ? [] : [service.contract as Contract]));
  return startGateway({ ...definition, contracts }, surroundings);
}

const announce = (discovery: StaticDiscovery, running: ReadonlyMap<string, Running>) =>
  discovery.update(Object.fromEntries(Array.from(running, ([name, { url }]) => [name, [url]])));

function known<T>(all: ReadonlyMap<string, T>, service: string): T {
  const found = all.get(service);
  if (!found) throw new Error(`${service} does not run here`);
  return found;
}
