import { type Static, type TProperties, Type } from "typebox";
import { ConfigurationError, type Environment, readConfig } from "../../core/configuration/config.ts";
import { discoveryFault } from "../../discovery/connect-discovery.ts";
import { tracingSettings } from "../../telemetry/tracing/tracing-settings.ts";
import { readReplicas, type Topology } from "../../topology/topology.ts";
import { urlFault } from "./url-fault.ts";

const Port = (port: number) => Type.Integer({ minimum: 0, maximum: 65_535, default: port });
const Given = Type.Optional(Type.String());

/** The settings of the start of every system. */
const Settings = Type.Object({
  PORT: Port(3000),
  CONSOLE_PORT: Port(3100),
  HOST: Type.String({ default: "127.0.0.1" }),
  DATA_DIR: Type.String({ default: ".data" }),
  REPLICAS: Type.String({ default: "" }),
  DATABASE_URL: Given,
  BROKER_URL: Type.String({ default: "postgres:" }),
  DISCOVERY_URL: Type.String({ default: "static:" }),
  SERVICE_TLS: Type.Enum(["off", "on"], { default: "off" }),
  REDIS_URL: Given,
  GATEWAY_WORKERS: Type.Integer({ minimum: 1, maximum: 256, default: 1 }),
  TRUSTED_PROXIES: Given,
  CORS_ORIGINS: Given,
  OTEL_EXPORTER_OTLP_ENDPOINT: tracingSettings.OTEL_EXPORTER_OTLP_ENDPOINT,
  OTEL_TRACES_SAMPLER: tracingSettings.OTEL_TRACES_SAMPLER,
  OTEL_TRACES_SAMPLER_ARG: tracingSettings.OTEL_TRACES_SAMPLER_ARG,
  METRICS_PORT: Type.Optional(Type.Integer({ minimum: 0, maximum: 65_000 })),
  LOG_LEVEL: Type.Enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"], { default: "info" }),
});
export type StartSettings = Partial<Static<typeof Settings>>;

/** What was read: as much as could be, and one line for each thing that is wrong. */
export type ReadSettings = {
  readonly settings: StartSettings;
  /** The settings that this system has besides. */
  readonly own: Readonly<Record<string, unknown>>;
  /** The names of all settings: what services get of them, they get by name. */
  readonly names: readonly string[];
  readonly replicas: ReadonlyMap<string, number>;
  readonly faults: readonly string[];
  /** What was set but makes no difference in this version. */
  readonly notices: readonly string[];
};

/** Reads the settings of a start: those of every system, and the system's `own`. Every fault is found, each setting by itself. */
export function readStartSettings(topology: Topology, environment: Environment, own: TProperties = {}): ReadSettings {
  const faults: string[] = [];
  const read = (properties: TProperties): Record<string, unknown> => {
    const settings: Record<string, unknown> = {};
    for (const [name, schema] of Object.entries(properties)) {
      try {
        Object.assign(settings, readConfig(Type.Object({ [name]: schema }), environment));
      } catch (error) {
        if (!(error instanceof ConfigurationError)) throw error;
        faults.push(...error.faults);
      }
    }
    return settings;
  };
  const settings: StartSettings = read(Settings.properties);
  const ownSettings = read(own);
  const { replicas, faults: replicaFaults } = readReplicas(topology, settings.REPLICAS ?? "");
  faults.push(...replicaFaults.map((fault) => `REPLICAS: ${fault}`), ...urlFaults(settings));
  const names = [...Object.keys(Settings.properties), ...Object.keys(own)];
  return { settings, own: ownSettings, names, replicas, faults, notices: notices(environment) };
}

function urlFaults({ DATABASE_URL, BROKER_URL, DISCOVERY_URL, REDIS_URL }: StartSettings): string[] {
  const faults: (string | undefined)[] = [];
  const postgres = ["postgres", "postgresql"];
  const check = (name: string, url: string | undefined, known: readonly string[], use: string) =>
    faults.push(url === undefined ? undefined : urlFault(name, url, known, use));
  check("DATABASE_URL", DATABASE_URL, postgres, "postgres://user:password@host/database");
  // A cluster of RabbitMQ is several URLs; each is looked at by itself.
  const brokers = BROKER_URL === "postgres:" ? [] : (BROKER_URL?.split(",").map((url) => url.trim()) ?? []);
  for (const url of brokers) {
    const known = brokers.length > 1 ? ["amqp", "amqps"] : [...postgres, "amqp", "amqps"];
    check("BROKER_URL", url, known, "postgres: (the default) or amqp://user:password@host:port");
  }
  check("REDIS_URL", REDIS_URL, ["redis", "rediss"], "redis://host:port");
  faults.push(DISCOVERY_URL === undefined ? undefined : discoveryFault(DISCOVERY_URL));
  return [...new Set(faults.filter((fault) => fault !== undefined))];
}

function notices(environment: Environment): string[] {
  const later = {
    CONSOLE_PORT: "there is no console in this version yet",
  };
  return Object.entries(later).flatMap(([name, why]) =>
    environment[name] ? [`${name} makes no difference: ${why}`] : [],
  );
}
