import { resolve } from "node:path";
import "../../topology/processes/trim-memory.ts";
import type { TProperties } from "typebox";
import { ConfigurationError, type Environment } from "../../core/configuration/config.ts";
import { endLeftProcesses } from "../../topology/processes/left-processes.ts";
import { FolderInUse, type FolderLock, lockFolder } from "../../topology/processes/lock.ts";
import type { RunFile } from "../../topology/run-file.ts";
import { type RunningTopology, runTopology } from "../../topology/run-topology.ts";
import { readSystem } from "../../topology/system/read-system.ts";
import { commandOf, modulesOf } from "../../topology/system/service-command.ts";
import type { System } from "../../topology/system/system.ts";
import type { Topology } from "../../topology/topology.ts";
import { dataFolderFault, discoveryServerFault, listenFault, peerFaults, serverFaults } from "./start-checks.ts";
import { startScreen } from "./start-screen.ts";
import { type ReadSettings, readStartSettings, type StartSettings } from "./start-settings.ts";
import { listenForStop, type StopRequest } from "./stop-request.ts";

/** What a system's start has besides what every system's has. */
export type OwnStart = {
  /** Its own settings. */
  readonly settings: TProperties;
  /** One line for each of them that is wrong in a way that its schema can't say. */
  faults(settings: Readonly<Record<string, unknown>>): readonly string[];
  /** Called when nothing is wrong and the data folder is ours, before anything starts. */
  prepare(settings: Readonly<Record<string, unknown>>, dataFolder: string): Promise<PreparedStart>;
};

/** What follows from a system's own settings. */
export type PreparedStart = {
  /** What single services get in their environment, by the services' names. */
  readonly environment: Readonly<Record<string, Environment>>;
  /** What the screen says once all is ready. */
  lines(where: RunFile): readonly string[];
};

export type SystemStart = {
  /** What people call the system, such as `shop`. */
  readonly title: string;
  readonly topology: Topology;
  readonly environment: Environment;
  readonly own?: OwnStart;
  /** The services that a debugger may attach to, and the loopback port of the first process of each. */
  readonly inspect?: ReadonlyMap<string, number>;
  /** Called when all is ready; what it returns is called before the stop. */
  readonly onReady?: (running: Running) => () => void;
};

/** A start whose services have been read. */
type ReadStart = SystemStart & { readonly services: System };
/** A system that runs, for what works on it from this process. */
export type Running = Pick<RunningTopology, "replace"> & { readonly dataFolder: string };

const nothingOfItsOwn: OwnStart = {
  settings: {},
  faults: () => [],
  prepare: async () => ({ environment: {}, lines: () => [] }),
};

/**
 * Runs a system as processes until it is told to stop, then ends this process: with exit code 0, or with 1 and one line for each reason
 * why it can't start; by then everything is stopped again.
 */
export async function startSystem(system: SystemStart): Promise<never> {
  // A reader that went away (npm start | head) is no reason to end.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
  try {
    await start(system, listenForStop(system.environment));
    process.exit(0);
  } catch (error) {
    report(error, system);
    process.exit(1);
  }
}

async function start(system: SystemStart, stop: StopRequest): Promise<void> {
  const { topology, environment, own = nothingOfItsOwn } = system;
  const read = readStartSettings(topology, environment, own.settings);
  const services = await readServices(topology);
  const faults = [...read.faults, ...own.faults(read.own), ...peerFaults(read.settings), ...services.faults];
  const dataFolder = resolve(read.settings.DATA_DIR ?? ".data");
  const lock = await check({ ...read, faults }, dataFolder);
  try {
    await run({ ...system, services: services.system }, read, dataFolder, stop);
  } catch (error) {
    if (error !== stop.signal.reason) throw error;
  } finally {
    await lock.release();
  }
}

/** What the services say of themselves, and what of that does not fit together. */
async function readServices(topology: Topology): Promise<{ system: System; faults: readonly string[] }> {
  try {
    return { system: await readSystem(topology), faults: [] };
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return { system: { services: [] }, faults: error.faults };
  }
}

/** Makes sure that the system can start, and that nothing else starts it on the same folder. Throws all faults at once. */
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

async function run(system: ReadStart, read: ReadSettings, dataFolder: string, stop: StopRequest): Promise<void> {
  const { title, topology, services, own = nothingOfItsOwn } = system;
  const { settings, replicas, notices } = read;
  const startedAt = performance.now();
  const processes = topology.services.flatMap((name) =>
    Array.from({ length: replicas.get(name) ?? 1 }, (_, index) => `${name}-${index + 1}`),
  );
  const screen = startScreen(process.stdout, settings.DATABASE_URL ? processes : ["database", ...processes]);
  for (const notice of notices) screen.notice(notice);
  const prepared = await own.prepare(read.own, dataFolder);
  const running = await runTopology({
    system: services,
    commandOf: (service) => commandOf(topology, service),
    modules: modulesOf(topology),
    replicas,
    dataFolder,
    databaseUrl: settings.DATABASE_URL,
    brokerUrl: settings.BROKER_URL === "postgres:" ? undefined : settings.BROKER_URL,
    discoveryUrl: settings.DISCOVERY_URL,
    tls: settings.SERVICE_TLS === "on",
    edge: { host: settings.HOST ?? "127.0.0.1", port: settings.PORT ?? 0 },
    environmentOf: (service) => environmentOf(service, system, read, prepared),
    onProgress: screen.progress,
    inspect: system.inspect,
    signal: stop.signal,
    hurry: stop.hurry,
  });
  if (!running.isolated) screen.notice("The role of DATABASE_URL may not create roles: all services share it.");
  const seconds = (performance.now() - startedAt) / 1_000;
  const where = running.where();
  screen.ready({ title, where, lines: prepared.lines(where), dataFolder, seconds });
  const leave = system.onReady?.({ dataFolder, replace: running.replace });
  await stop.requested;
  leave?.();
  await running.stop();
}

/** What a service gets of our own environment: everything but the settings of the start, of which it gets its own. */
function environmentOf(
  name: string,
  { topology, environment }: SystemStart,
  { names, settings }: ReadSettings,
  prepared: PreparedStart,
): Environment {
  const others = Object.entries(environment).filter(([name]) => !names.includes(name.replace(/_FILE$/, "")));
  return {
    ...Object.fromEntries(others),
    ...telemetrySettings(settings),
    ...(name === topology.edge ? gatewaySettings(settings) : {}),
    ...prepared.environment[name],
  };
}

/** All other settings of OpenTelemetry reach the services as they are. */
const telemetrySettings = (settings: StartSettings): Environment => ({
  LOG_LEVEL: settings.LOG_LEVEL,
  OTEL_EXPORTER_OTLP_ENDPOINT: settings.OTEL_EXPORTER_OTLP_ENDPOINT,
  OTEL_TRACES_SAMPLER: settings.OTEL_TRACES_SAMPLER,
  OTEL_TRACES_SAMPLER_ARG: settings.OTEL_TRACES_SAMPLER_ARG?.toString(),
});

const gatewaySettings = (settings: StartSettings): Environment => ({
  REDIS_URL: settings.REDIS_URL,
  GATEWAY_WORKERS: settings.GATEWAY_WORKERS?.toString(),
  TRUSTED_PROXIES: settings.TRUSTED_PROXIES,
  CORS_ORIGINS: settings.CORS_ORIGINS,
  METRICS_PORT: settings.METRICS_PORT?.toString(),
});

function report(error: unknown, { title }: SystemStart): void {
  if (error instanceof ConfigurationError) for (const fault of error.faults) console.error(fault);
  else if (error instanceof FolderInUse) console.error(`The ${title} runs already: ${error.message}`);
  else console.error(`The ${title} can't start: ${error instanceof Error ? error.message : error}`);
}
