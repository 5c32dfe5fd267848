import type { MakeClient } from "../../client/client.ts";
import { createClients } from "../../client/create-client.ts";
import type { Tracer } from "../../context/tracer.ts";
import { type Clock, systemClock } from "../../core/clock.ts";
import { createLoadShedder, type LoadShedder } from "../../core/load/load-shedder.ts";
import { type Database, openDatabase } from "../../database/database.ts";
import { connectDiscovery } from "../../discovery/connect-discovery.ts";
import { type Seeking, seeking } from "../../discovery/seeking.ts";
import { parseInstances } from "../../discovery/static.ts";
import { connectIdentity } from "../../identity/connect-identity.ts";
import { keepFile } from "../../identity/keys/kept-file.ts";
import { readServiceKey, readServiceKeySet } from "../../identity/keys/key-files.ts";
import type { MutualTls } from "../../identity/mutual-tls.ts";
import { serviceTokens } from "../../identity/tokens/service-token.ts";
import { createVerifier, type Verify } from "../../identity/tokens/verify.ts";
import type { Broker } from "../../messaging/brokers/broker.ts";
import { connectBroker } from "../../messaging/brokers/connect-broker.ts";
import { createLog, type Log } from "../../telemetry/log.ts";
import { createMetrics, type Metrics } from "../../telemetry/metrics.ts";
import { openTracing } from "../../telemetry/tracing/tracing.ts";
import { openTls } from "./open-tls.ts";
import type { HostSettings } from "./settings.ts";
import type { Surroundings } from "./surroundings.ts";

/** What ties a service to the world around it. */
export type Connections = {
  readonly log: Log;
  readonly metrics: Metrics;
  /** What decides which work is traced, and takes its spans. */
  readonly tracer: Tracer;
  readonly clock: Clock;
  readonly database: Database;
  /** Learns how long work waits, and decides how much of it is let in. */
  readonly shedder: LoadShedder;
  readonly broker: Broker;
  readonly discovery: Seeking;
  readonly client: MakeClient;
  readonly verify: Verify;
  /** Undefined where services talk without TLS. */
  readonly tls: MutualTls | undefined;
  /** Closes what was opened here, and leaves alone what was given. */
  close(): Promise<void>;
};

/** Opens a service's connections by its settings, but for those that the surroundings give. Its log hides the fields named `personal`. */
export async function openConnections(
  service: string,
  settings: HostSettings,
  surroundings: Surroundings,
  personal: ReadonlySet<string>,
): Promise<Connections> {
  const log = surroundings.log ?? createLog({ service, level: settings.LOG_LEVEL, personal, gather: 100 });
  const clock = surroundings.clock ?? systemClock;
  const metrics = createMetrics(service);
  metrics.addRuntime();
  const tracing = openTracing({ service, settings, clock, log, metrics });
  const [key, serviceKeys] = await Promise.all([
    keepFile(settings.SERVICE_KEY_FILE, (path) => readServiceKey(path, service), { log }),
    keepFile(settings.SERVICE_PUBLIC_KEYS_FILE, readServiceKeySet, { log }),
  ]);
  const tls = await openTls(service, settings, log);
  const discovery = seeking(
    surroundings.discovery ??
      (await connectDiscovery(settings.DISCOVERY_URL, { instances: parseInstances(settings.INSTANCES), log })),
  );
  const broker = surroundings.broker ?? (await connectBroker(settings.BROKER_URL, { name: service, log, clock }));
  const shedder = createLoadShedder();
  const database = openDatabase({
    url: settings.DATABASE_URL,
    name: service,
    log,
    connections: settings.DATABASE_CONNECTIONS,
    metrics,
    onWaited: (milliseconds) => shedder.waited("connection", milliseconds, performance.now()),
  });
  const tokenFor = serviceTokens({ name: service, key: key.current, clock });
  const clients = createClients({ discovery, tokenFor, log, clock, metrics, dial: tls?.dial });
  const identity = connectIdentity({
    ...{ discovery, tokenFor, log, clock, dial: tls?.dial },
    identityService: settings.IDENTITY_SERVICE,
  });
  return {
    log,
    metrics,
    tracer: tracing.tracer,
    clock,
    database,
    shedder,
    broker,
    discovery,
    client: clients.client,
    verify: createVerifier({ service, serviceKeys: serviceKeys.current, clock, ...identity }),
    tls,
    async close() {
      tls?.close();
      key.close();
      serviceKeys.close();
      await Promise.all([clients.close(), identity.close(), database.close()]);
      if (!surroundings.broker) await broker.close();
      if (!surroundings.discovery) await discovery.close();
      await tracing.close();
    },
  };
}
