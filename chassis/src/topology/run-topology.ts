import { join } from "node:path";
import type { Environment } from "../core/configuration/config.ts";
import type { Instances } from "../discovery/discovery.ts";
import { type CertificateFiles, prepareCertificates } from "./certificates/prepare-certificates.ts";
import { prepareKeys, type ServiceKeys } from "./keys/keys.ts";
import { holdEdge } from "./network/edge-socket.ts";
import { startNameServer } from "./network/name-server.ts";
import { keepDatabaseRunning } from "./postgres/database-server.ts";
import { prepareDatabases, type ServiceDatabases } from "./postgres/databases.ts";
import { prepareBroker } from "./prepare-broker.ts";
import { INHERITED } from "./processes/child.ts";
import { warmCompileCache } from "./processes/compile-cache.ts";
import { type Supervisor, startSupervisor } from "./processes/supervisor.ts";
import type { Progress } from "./progress.ts";
import { type RunFile, type RunningInstance, removeRunFile, writeRunFile } from "./run-file.ts";
import { type System, type SystemService, subscriptionsOf } from "./system/system.ts";
import "./processes/trim-memory.ts";

export type RunOptions = {
  system: System;
  /** What Node.js runs for a process of a service, and with what arguments. */
  commandOf(service: string): readonly string[];
  /** What the services load, to be compiled once before they start. */
  modules: readonly URL[];
  replicas: ReadonlyMap<string, number>;
  /** Databases, keys and logs. Only one supervisor may work on it: see `lockFolder`. */
  dataFolder: string;
  /** An outside PostgreSQL server, as a role that may create databases. Without it an embedded one is started. */
  databaseUrl?: string | undefined;
  /** Another broker than the one on our own database server. */
  brokerUrl?: string | undefined;
  /** Where services find each other. Default: we tell them. With `dns:` we tell it a name server of our own, which they ask. */
  discoveryUrl?: string | undefined;
  /** Whether services talk to each other by TLS, each with a certificate of our own authority. */
  tls?: boolean;
  /** Where the service at the edge listens; port 0 is any. */
  edge: { host: string; port: number };
  /** The settings of a service besides those that every one has. */
  environmentOf(service: string): Environment;
  onProgress(progress: Progress): void;
  /** The services that a debugger may attach to, and the loopback port of the first process of each. */
  inspect?: ReadonlyMap<string, number> | undefined;
  /** Aborted when the start is not wanted any more. */
  signal: AbortSignal;
  /** Aborted when a stop shall not wait for what is under way: processes are ended at once. */
  hurry: AbortSignal;
};

/** All services, running. */
export type RunningTopology = {
  /** Where everything is right now, as `run.json` says. */
  where(): RunFile;
  /** Whether each service has a database role of its own. */
  readonly isolated: boolean;
  /** Lets the processes of a service be followed by new ones: as {@link Supervisor.replace}. */
  readonly replace: Supervisor["replace"];
  /** Drains and stops everything; resolves when no process is left. */
  stop(): Promise<void>;
};

/**
 * Runs a topology: database server, a database, role and key for each service, then all processes. Resolves when everything is
 * ready and `run.json` is written. When something can't be started everything is stopped again, and what went wrong is thrown.
 */
export async function runTopology(options: RunOptions): Promise<RunningTopology> {
  const { dataFolder, onProgress, signal } = options;
  const started = new AsyncDisposableStack();
  try {
    await removeRunFile(dataFolder);
    const compiled = warmCompileCache(cacheFolder(options), options.modules);
    const databases = await startDatabases(options, started);
    await compiled;
    signal.throwIfAborted();
    const names = options.system.services.map(({ name }) => name);
    const keys = await prepareKeys(join(dataFolder, "keys"), names);
    const certificates = options.tls ? await keepCertificates(join(dataFolder, "keys"), names, started) : undefined;
    const discovery = await startDiscovery(options, started);
    const edge = await holdEdge(options.edge.host, options.edge.port);
    started.defer(() => edge?.close());
    const where = (): RunFile => runFileOf(options, supervisor.running());
    const supervisor = await startSupervisor({
      ...options,
      environmentOf: (service, last) => ({
        ...environmentOf({ ...options, discoveryUrl: discovery.url }, databases, keys, service, last),
        ...(service.edge && edge ? { LISTEN_FD: String(INHERITED) } : {}),
        TLS_CERTIFICATE_FILE: certificates?.certificateFile(service.name),
        TLS_CA_FILE: certificates?.authoritiesFile,
      }),
      edgeSocket: edge?.fd,
      onInstances: discovery.tell,
      onChange: () => void writeRunFile(dataFolder, where()),
    });
    options.hurry.addEventListener("abort", () => supervisor.kill());
    started.defer(() => supervisor.stop());
    started.defer(() => onProgress({ subject: "services", state: "stopping" }));
    await Promise.race([supervisor.ready, aborted(signal)]);
    await writeRunFile(dataFolder, where());
    started.defer(() => removeRunFile(dataFolder));
    return { where, isolated: databases.isolated, replace: supervisor.replace, stop: () => started.disposeAsync() };
  } catch (error) {
    await started.disposeAsync();
    throw error;
  }
}

const cacheFolder = ({ dataFolder }: RunOptions) => join(dataFolder, "compile-cache");

async function startDatabases(options: RunOptions, started: AsyncDisposableStack): Promise<ServiceDatabases> {
  let adminUrl = options.databaseUrl;
  if (!adminUrl) {
    const server = await keepDatabaseRunning(join(options.dataFolder, "postgres"), options.onProgress);
    started.defer(() => server.stop());
    started.defer(() => options.onProgress({ subject: "database", state: "stopping" }));
    adminUrl = server.url;
  }
  const passwordsFile = join(options.dataFolder, "database-passwords.json");
  const services = options.system.services.map(({ name }) => name);
  const databases = await prepareDatabases({ adminUrl, passwordsFile, services });
  const roles = options.system.services.map(({ name, publishes }) => ({
    role: databases.roleOf(name),
    service: name,
    publishes,
  }));
  const subscriptions = subscriptionsOf(options.system);
  const { brokerUrl, dataFolder } = options;
  const plan = { roles: !brokerUrl && databases.isolated ? roles : [], subscriptions };
  const gone = await prepareBroker(brokerUrl ?? databases.brokerOwnerUrl, plan, join(dataFolder, "consumers.json"));
  for (const subject of gone) options.onProgress({ subject, state: "ended", detail: "gets no more events" });
  return databases;
}

const DAY = 86_400_000;

/** Certificates that are made anew before they end, however long the system runs. */
async function keepCertificates(
  folder: string,
  services: readonly string[],
  started: AsyncDisposableStack,
): Promise<CertificateFiles> {
  const files = await prepareCertificates(folder, services);
  const renewing = setInterval(() => prepareCertificates(folder, services).catch(() => {}), DAY);
  started.defer(() => clearInterval(renewing));
  return files;
}

/** Where services look for each other, and who has to be told. */
async function startDiscovery(
  { discoveryUrl = "static:" }: RunOptions,
  started: AsyncDisposableStack,
): Promise<{ url: string; tell?: (instances: Instances) => void }> {
  if (discoveryUrl !== "dns:") return { url: discoveryUrl };
  const names = await startNameServer();
  started.defer(() => names.close());
  return { url: names.discoveryUrl, tell: names.tell };
}

function environmentOf(
  options: RunOptions,
  databases: ServiceDatabases,
  keys: ServiceKeys,
  service: SystemService,
  last: string | undefined,
): Environment {
  // Clients know the edge by its port, so a process that follows another one takes over the port it had.
  const port = options.edge.port || Number(last ? new URL(last).port : 0);
  return {
    ...options.environmentOf(service.name),
    HOST: service.edge ? options.edge.host : "127.0.0.1",
    PORT: String(service.edge ? port : 0),
    DATABASE_URL: databases.databaseUrl(service.name),
    BROKER_URL: options.brokerUrl ?? databases.brokerUrl(service.name),
    DISCOVERY_URL: options.discoveryUrl,
    IDENTITY_SERVICE: options.system.identity,
    INTERNAL_CALLERS: JSON.stringify(service.internalCallers),
    // Whom we tell ourselves knows at once.
    DRAIN_NOTICE_MS: (options.discoveryUrl ?? "static:") === "static:" ? "300" : "1500",
    SERVICE_KEY_FILE: keys.privateKeyFile(service.name),
    SERVICE_PUBLIC_KEYS_FILE: keys.publicKeysFile,
    // With fewer arenas the threads of a process share more of the memory they freed.
    MALLOC_ARENA_MAX: "2",
    // Given, it stays as it is; else the C library keeps ever more of what was freed, a tenth of each process.
    MALLOC_TRIM_THRESHOLD_: "1000000",
    NODE_COMPILE_CACHE: cacheFolder(options),
  };
}

function runFileOf({ system }: RunOptions, services: Record<string, RunningInstance[]>): RunFile {
  const edge = system.services.find((service) => service.edge);
  const url = new URL(services[edge?.name ?? ""]?.[0]?.url ?? "http://127.0.0.1");
  // What listens on every address is reached at the loopback one.
  if (url.hostname === "0.0.0.0") url.hostname = "127.0.0.1";
  if (url.hostname === "[::]") url.hostname = "[::1]";
  return { gateway: url.origin, console: null, services };
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason));
  });
}
