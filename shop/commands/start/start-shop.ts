import { resolve } from "node:path";
import "@flotilla/chassis/topology/trim-memory";
import { ConfigurationError, type Environment } from "@flotilla/chassis/core/config";
import { servicesOf } from "@flotilla/chassis/topology";
import { endLeftProcesses } from "@flotilla/chassis/topology/left-processes";
import { FolderInUse, type FolderLock, lockFolder } from "@flotilla/chassis/topology/lock";
import { runTopology } from "@flotilla/chassis/topology/run-topology";
import { shop } from "../../topology.ts";
import { type Administrator, prepareAdministrator } from "./administrator.ts";
import { dataFolderFault, discoveryServerFault, listenFault, serverFaults } from "./start-checks.ts";
import { startScreen } from "./start-screen.ts";
import { type ReadSettings, readStartSettings, settingNames } from "./start-settings.ts";
import { listenForStop, type StopRequest } from "./stop-request.ts";

/** Runs the shop until somebody wants it to stop. Throws when it can't start; by then everything is stopped again. */
async function start(stop: StopRequest): Promise<void> {
  const read = readStartSettings(shop, process.env);
  const dataFolder = resolve(read.settings.DATA_DIR ?? ".data");
  const lock = await check(read, dataFolder);
  try {
    await run(read, dataFolder, stop);
  } catch (error) {
    if (error !== stop.signal.reason) throw error;
  } finally {
    await lock.release();
  }
}

/** Makes sure that the shop can start, and that nobody else starts it on the same folder. Throws all faults at once. */
async function check({ settings, faults }: ReadSettings, dataFolder: string): Promise<FolderLock> {
  const folderFault = await dataFolderFault(dataFolder);
  const lock = folderFault ? undefined : await lockFolder(dataFolder);
  try {
    // What an earlier start left may still listen on our port.
    if (lock) await endLeftProcesses(dataFolder);
    const { DATABASE_URL, BROKER_URL, DISCOVERY_URL } = settings;
    const databases = faults.some((fault) => /^(DATABASE|BROKER)_URL/.test(fault))
      ? {}
      : { DATABASE_URL, BROKER_URL: BROKER_URL === "postgres:" ? undefined : BROKER_URL };
    const { HOST, PORT } = settings;
    const portFault = HOST !== undefined && PORT !== undefined && (await listenFault(HOST, PORT));
    const wrong = faults.some((fault) => fault.startsWith("DISCOVERY_URL"));
    const registryFault = wrong ? undefined : await discoveryServerFault(DISCOVERY_URL);
    const found = [folderFault, portFault, ...(await serverFaults(databases)), registryFault];
    const all = [...faults, ...found.filter((fault) => typeof fault === "string")];
    if (!lock || all.length > 0) throw new ConfigurationError(all);
    return lock;
  } catch (error) {
    await lock?.release();
    throw error;
  }
}

async function run(
  { settings, replicas, notices }: ReadSettings,
  dataFolder: string,
  stop: StopRequest,
): Promise<void> {
  const startedAt = performance.now();
  const processes = servicesOf(shop).flatMap(({ name }) =>
    Array.from({ length: replicas.get(name) ?? 1 }, (_, index) => `${name}-${index + 1}`),
  );
  const screen = startScreen(process.stdout, settings.DATABASE_URL ? processes : ["database", ...processes]);
  for (const notice of notices) screen.notice(notice);
  const given = { email: settings.ADMIN_EMAIL, password: settings.ADMIN_PASSWORD };
  const administrator = await prepareAdministrator(dataFolder, given);
  const running = await runTopology({
    topology: shop,
    replicas,
    dataFolder,
    databaseUrl: settings.DATABASE_URL,
    brokerUrl: settings.BROKER_URL === "postgres:" ? undefined : settings.BROKER_URL,
    discoveryUrl: settings.DISCOVERY_URL,
    edge: { host: settings.HOST ?? "127.0.0.1", port: settings.PORT ?? 0 },
    environmentOf: (service) => environmentOf(service, administrator, settings),
    onProgress: screen.progress,
    signal: stop.signal,
    hurry: stop.hurry,
  });
  if (!running.isolated) screen.notice("The role of DATABASE_URL may not create roles: all services share it.");
  const seconds = (performance.now() - startedAt) / 1_000;
  const passwordWasGiven = given.password !== undefined;
  screen.ready({ where: running.where(), administrator, passwordWasGiven, dataFolder, seconds });
  await stop.requested;
  await running.stop();
}

/** What a service gets of our own environment: everything but the settings of the start, of which it gets its own. */
function environmentOf(service: string, administrator: Administrator, settings: ReadSettings["settings"]): Environment {
  const others = Object.entries(process.env).filter(([name]) => !settingNames.includes(name.replace(/_FILE$/, "")));
  const own: Record<string, Environment> = {
    users: { ADMIN_EMAIL: administrator.email, ADMIN_PASSWORD: administrator.password },
    email: { SMTP_URL: settings.SMTP_URL },
    gateway: gatewaySettings(settings),
  };
  return { ...Object.fromEntries(others), ...telemetrySettings(settings), ...own[service] };
}

/** All other settings of OpenTelemetry reach the services as they are. */
const telemetrySettings = (settings: ReadSettings["settings"]): Environment => ({
  LOG_LEVEL: settings.LOG_LEVEL,
  OTEL_EXPORTER_OTLP_ENDPOINT: settings.OTEL_EXPORTER_OTLP_ENDPOINT,
  OTEL_TRACES_SAMPLER: settings.OTEL_TRACES_SAMPLER,
  OTEL_TRACES_SAMPLER_ARG: settings.OTEL_TRACES_SAMPLER_ARG?.toString(),
});

const gatewaySettings = ({
  REDIS_URL,
  GATEWAY_WORKERS,
  TRUSTED_PROXIES,
  CORS_ORIGINS,
  METRICS_PORT,
}: ReadSettings["settings"]): Environment => ({
  REDIS_URL,
  GATEWAY_WORKERS: GATEWAY_WORKERS?.toString(),
  TRUSTED_PROXIES,
  CORS_ORIGINS,
  METRICS_PORT: METRICS_PORT?.toString(),
});

function report(error: unknown): void {
  if (error instanceof ConfigurationError) for (const fault of error.faults) console.error(fault);
  else if (error instanceof FolderInUse) console.error(`The shop runs already: ${error.message}`);
  else console.error(`The shop can't start: ${error instanceof Error ? error.message : error}`);
}

// A reader that went away (npm start | head) is no reason to end.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
try {
  await start(listenForStop());
  process.exit(0);
} catch (error) {
  report(error);
  process.exit(1);
}
