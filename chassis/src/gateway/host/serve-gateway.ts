import type { Contract } from "../../contract/contract.ts";
import { systemClock } from "../../core/clock.ts";
import { ConfigurationError, type Environment, readConfig } from "../../core/configuration/config.ts";
import { connectDiscovery } from "../../discovery/connect-discovery.ts";
import { seeking } from "../../discovery/seeking.ts";
import { parseInstances } from "../../discovery/static.ts";
import { connectIdentity } from "../../identity/connect-identity.ts";
import { keepFile } from "../../identity/keys/kept-file.ts";
import { readServiceKey } from "../../identity/keys/key-files.ts";
import { serviceTokens } from "../../identity/tokens/service-token.ts";
import { createVerifier } from "../../identity/tokens/verify.ts";
import { openTls } from "../../service/host/open-tls.ts";
import type { Running, Surroundings } from "../../service/host/surroundings.ts";
import type { Log } from "../../telemetry/log.ts";
import { createMetrics, type Metrics } from "../../telemetry/metrics.ts";
import { openTracing } from "../../telemetry/tracing/tracing.ts";
import type { Pages } from "../documents/pages.ts";
import { type MetricsPage, serveMetrics } from "../edge/metrics-page.ts";
import { createGateway, type Gateway, type GatewayOptions } from "../gateway.ts";
import type { DefinedPages, GatewayDefinition } from "./gateway-definition.ts";
import type { GatewaySettings } from "./gateway-settings.ts";
import { openLimitStore } from "./open-limit-store.ts";

/** Serves in this process: routes from the contracts, tokens of the identity service. */
export async function serveGateway(
  options: GatewayDefinition & { readonly contracts: readonly Contract[] },
  settings: GatewaySettings,
  surroundings: Surroundings & { readonly log: Log },
): Promise<Running> {
  const { gateway: name, title, version, contracts, compositions, pages } = options;
  const { log, clock = systemClock } = surroundings;
  const metrics = createMetrics(name);
  metrics.addRuntime();
  const tracing = openTracing({ service: name, settings, clock, log, metrics });
  const discovery = seeking(
    surroundings.discovery ??
      (await connectDiscovery(settings.DISCOVERY_URL, { instances: parseInstances(settings.INSTANCES), log })),
  );
  const key = await keepFile(settings.SERVICE_KEY_FILE, (path) => readServiceKey(path, name), { log });
  const tokenFor = serviceTokens({ name, key: key.current, clock });
  const tls = await openTls(name, settings, log);
  const identity = connectIdentity({
    ...{ discovery, tokenFor, log, clock, dial: tls?.dial },
    identityService: settings.IDENTITY_SERVICE,
  });
  const gateway = makeGateway({
    title,
    version,
    contracts,
    compositions,
    pages: pages.map((each) => withSettings(each, surroundings.environment)),
    discovery,
    // Services call each other directly: none has a token for the gateway.
    verify: createVerifier({ service: name, serviceKeys: { keys: [] }, clock, ...identity }),
    tokenFor,
    dial: tls?.dial,
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
      tls?.close();
      await identity.close();
      if (!surroundings.discovery) await discovery.close();
      await tracing.close();
      log.info("stopped");
    },
  };
}

/** Pages know of their settings what the environment says. */
const withSettings = ({ folder, at, settings }: DefinedPages, environment: Environment): Pages => ({
  folder,
  at,
  settings: settings && readConfig(settings, environment),
});

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
  { METRICS_HOST: host, METRICS_PORT: first, GATEWAY_WORKER_NUMBER: number }: GatewaySettings,
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

const limitsOf = ({ RATE_LIMIT_SIGN_IN, RATE_LIMIT_ADDRESS, RATE_LIMIT_USER }: GatewaySettings) => ({
  signIn: RATE_LIMIT_SIGN_IN,
  address: RATE_LIMIT_ADDRESS,
  user: RATE_LIMIT_USER,
});

async function listen(gateway: Gateway, { HOST, PORT, LISTEN_FD }: GatewaySettings): Promise<string> {
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
