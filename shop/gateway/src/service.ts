import { systemClock } from "@flotilla/chassis/core/clock";
import { ConfigurationError, readConfig } from "@flotilla/chassis/core/config";
import { connectDiscovery } from "@flotilla/chassis/discovery/connect-discovery";
import { seeking } from "@flotilla/chassis/discovery/seeking";
import { parseInstances } from "@flotilla/chassis/discovery/static";
import { createGateway, type Gateway, type GatewayOptions } from "@flotilla/chassis/gateway";
import { type MetricsPage, serveMetrics } from "@flotilla/chassis/gateway/metrics-page";
import { isWorker, startWorkers } from "@flotilla/chassis/gateway/workers";
import { endedSessions } from "@flotilla/chassis/identity/ended-sessions";
import { keepFile } from "@flotilla/chassis/identity/kept-file";
import { readServiceKey } from "@flotilla/chassis/identity/key-files";
import { serviceTokens } from "@flotilla/chassis/identity/service-token";
import { userKeys } from "@flotilla/chassis/identity/user-keys";
import { createVerifier } from "@flotilla/chassis/identity/verify";
import type { Running, Surroundings } from "@flotilla/chassis/service/surroundings";
import { createLog, type Log } from "@flotilla/chassis/telemetry/log";
import { createMetrics, type Metrics } from "@flotilla/chassis/telemetry/metrics";
import { openTracing } from "@flotilla/chassis/telemetry/tracing";
import { contracts } from "@flotilla/contracts/shop";
import { compositions } from "./compositions.ts";
import { type Config, config } from "./config.ts";
import { openLimitStore } from "./limit-store.ts";

const name = "gateway";

/** Starts the shop's gateway, as several processes if the settings say so. Throws a ConfigurationError for wrong settings. */
export async function startGateway(surroundings: Surroundings): Promise<Running> {
  const settings = readConfig(config, surroundings.environment);
  const log = surroundings.log ?? createLog({ service: name, level: settings.LOG_LEVEL, gather: 100 });
  if (settings.GATEWAY_WORKERS === 1 || isWorker()) return serve(settings, surroundings, log);
  const main = new URL("./main.ts", import.meta.url);
  const { environment } = surroundings;
  const workers = await startWorkers({ count: settings.GATEWAY_WORKERS, main, environment, log });
  return { name, ...workers };
}

/** Serves in this process: routes from the contracts, tokens of the users service. */
async function serve(settings: Config, surroundings: Surroundings, log: Log): Promise<Running> {
  const clock = surroundings.clock ?? systemClock;
  const metrics = createMetrics(name);
  metrics.addRuntime();
  const tracing = openTracing({ service: name, settings, clock, log, metrics });
  const discovery = seeking(
    surroundings.discovery ??
      (await connectDiscovery(settings.DISCOVERY_URL, { instances: parseInstances(settings.INSTANCES), log })),
  );
  const key = await keepFile(settings.SERVICE_KEY_FILE, (path) => readServiceKey(path, name), { log });
  const tokenFor = serviceTokens({ name, key: key.current, clock });
  const identity = { discovery, tokenFor, log, clock, identityService: settings.IDENTITY_SERVICE };
  const keys = userKeys(identity);
  const sessions = endedSessions(identity);
  const gateway = makeGateway({
    title: "Flotilla shop",
    version: "0.1.0",
    contracts,
    compositions,
    discovery,
    // Services call each other directly: none has a token for the gateway.
    verify: createVerifier({
      service: name,
      serviceKeys: { keys: [] },
      userKeys: keys.find,
      endedSessions: sessions,
      clock,
    }),
    tokenFor,
    log,
    metrics,
    tracer: tracing.tracer,
    limits: limitsOf(settings),
    limitStore: await openLimitStore(settings.REDIS_URL, log),
    streamLimit: settings.STREAM_LIMIT,
    trustedProxies: listed(settings.TRUSTED_PROXIES),
    corsOrigins: listed(settings.CORS_ORIGINS),
    drainNotice: settings.DRAIN_NOTICE_MS,
  });
  const page = await openMetricsPage(metrics, settings);
  const url = await listen(gateway, settings);
  log.info({ url, metrics: page?.url }, "ready");
  return {
    name,
    url,
    found: () => discovery.found(clock),
    async stop() {
      log.info("stopping");
      await gateway.close();
      await page?.close();
      key.close();
      await Promise.all([keys.close(), sessions.close()]);
      if (!surroundings.discovery) await discovery.close();
      await tracing.close();
      log.info("stopped");
    },
  };
}

/** What the gateway says about its options is about our settings. */
function makeGateway(options: GatewayOptions): Gateway {
  try {
    return createGateway(options);
  } catch (error) {
    throw error instanceof TypeError ? new ConfigurationError([error.message]) : error;
  }
}

/** The metrics' own address, if there is to be one: the world sees the other. */
async function openMetricsPage(
  metrics: Metrics,
  { METRICS_HOST: host, METRICS_PORT: first, GATEWAY_WORKER_NUMBER: number }: Config,
): Promise<MetricsPage | undefined> {
  if (first === undefined) return undefined;
  const port = first === 0 ? 0 : first + number;
  return serveMetrics(metrics, { host, port }).catch(() => {
    throw new ConfigurationError([`METRICS_PORT ${port} can't be listened on at ${host}`]);
  });
}

const listed = (setting: string): string[] =>
  setting
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");

const limitsOf = ({ RATE_LIMIT_SIGN_IN, RATE_LIMIT_ADDRESS, RATE_LIMIT_USER }: Config) => ({
  signIn: RATE_LIMIT_SIGN_IN,
  address: RATE_LIMIT_ADDRESS,
  user: RATE_LIMIT_USER,
});

async function listen(gateway: Gateway, { HOST, PORT, LISTEN_FD }: Config): Promise<string> {
  try {
    return await gateway.listen({ host: HOST, port: PORT, fd: LISTEN_FD });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EADDRINUSE") throw new ConfigurationError([`PORT ${PORT} is in use on ${HOST}`]);
    if (code === "EACCES") throw new ConfigurationError([`PORT ${PORT} may not be used by this account`]);
    if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND")
      throw new ConfigurationError([`HOST ${HOST} is not an address of this machine`]);
    throw error;
  }
}
