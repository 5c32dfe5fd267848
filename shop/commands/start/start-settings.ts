import { ConfigurationError, type Environment, readConfig } from "@flotilla/chassis/core/config";
import { discoveryFault } from "@flotilla/chassis/discovery/connect-discovery";
import { tracingSettings } from "@flotilla/chassis/telemetry/tracing-settings";
import { readReplicas, type Topology } from "@flotilla/chassis/topology";
import { type Static, Type } from "typebox";

const Port = (port: number) => Type.Integer({ minimum: 0, maximum: 65_535, default: port });
const Given = Type.Optional(Type.String());

/** The settings of `npm start`. */
const Settings = Type.Object({
  PORT: Port(3000),
  CONSOLE_PORT: Port(3100),
  HOST: Type.String({ default: "127.0.0.1" }),
  DATA_DIR: Type.String({ default: ".data" }),
  ADMIN_EMAIL: Type.Optional(Type.String({ format: "email", maxLength: 254 })),
  ADMIN_PASSWORD: Type.Optional(Type.String({ minLength: 8, maxLength: 200 })),
  REPLICAS: Type.String({ default: "" }),
  DATABASE_URL: Given,
  BROKER_URL: Type.String({ default: "postgres:" }),
  DISCOVERY_URL: Type.String({ default: "static:" }),
  REDIS_URL: Given,
  GATEWAY_WORKERS: Type.Integer({ minimum: 1, maximum: 256, default: 1 }),
  TRUSTED_PROXIES: Given,
  CORS_ORIGINS: Given,
  SMTP_URL: Given,
  OTEL_EXPORTER_OTLP_ENDPOINT: tracingSettings.OTEL_EXPORTER_OTLP_ENDPOINT,
  OTEL_TRACES_SAMPLER: tracingSettings.OTEL_TRACES_SAMPLER,
  OTEL_TRACES_SAMPLER_ARG: tracingSettings.OTEL_TRACES_SAMPLER_ARG,
  METRICS_PORT: Type.Optional(Type.Integer({ minimum: 0, maximum: 65_000 })),
  LOG_LEVEL: Type.Enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"], { default: "info" }),
});
type Settings = Static<typeof Settings>;

/** What was read: as much as could be, and one line for each thing that is wrong. */
export type ReadSettings = {
  readonly settings: Partial<Settings>;
  readonly replicas: ReadonlyMap<string, number>;
  readonly faults: readonly string[];
  /** What was set but makes no difference in this version. */
  readonly notices: readonly string[];
};

/** The names of all settings: what services get of them, they get by name. */
export const settingNames = Object.keys(Settings.properties);

/** Reads the settings of `npm start`. Every fault is found, each setting by itself. */
export function readStartSettings(topology: Topology, environment: Environment): ReadSettings {
  const faults: string[] = [];
  const settings: Record<string, unknown> = {};
  for (const [name, schema] of Object.entries(Settings.properties)) {
    try {
      Object.assign(settings, readConfig(Type.Object({ [name]: schema }), environment));
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      faults.push(...error.faults);
    }
  }
  const read = settings as Partial<Settings>;
  const { replicas, faults: replicaFaults } = readReplicas(topology, read.REPLICAS ?? "");
  faults.push(...replicaFaults.map((fault) => `REPLICAS: ${fault}`), ...urlFaults(read));
  return { settings: read, replicas, faults, notices: notices(environment) };
}

function urlFaults({ DATABASE_URL, BROKER_URL, DISCOVERY_URL, REDIS_URL, SMTP_URL }: Partial<Settings>): string[] {
  const faults: string[] = [];
  const postgres = ["postgres", "postgresql"];
  // A cluster of RabbitMQ is several URLs; each is looked at by itself.
  const brokers = BROKER_URL === "postgres:" ? undefined : BROKER_URL?.split(",").map((url) => url.trim());
  const check = (
    name: string,
    url: string | undefined,
    known: readonly string[],
    later: readonly string[],
    use: string,
  ) => {
    if (url === undefined) return;
    const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(url)?.[1]?.toLowerCase();
    if (scheme && later.includes(scheme)) faults.push(`${name}: this version can't do ${scheme}: yet, use ${use}`);
    else if (!scheme || !known.includes(scheme)) faults.push(`${name} has no scheme that is known here, use ${use}`);
    else if (!URL.canParse(url) || new URL(url).hostname === "")
      faults.push(`${name} is not a complete URL, use ${use}`);
  };
  check("DATABASE_URL", DATABASE_URL, postgres, [], "postgres://user:password@host/database");
  const brokerUse = "postgres: (the default) or amqp://user:password@host:port";
  const several = (brokers?.length ?? 0) > 1;
  for (const url of brokers ?? []) {
    check("BROKER_URL", url, several ? ["amqp", "amqps"] : [...postgres, "amqp", "amqps"], [], brokerUse);
  }
  check("REDIS_URL", REDIS_URL, ["redis", "rediss"], [], "redis://host:port");
  check("SMTP_URL", SMTP_URL, ["smtp", "smtps"], [], "smtp://host:port");
  const fault = DISCOVERY_URL === undefined ? undefined : discoveryFault(DISCOVERY_URL);
  if (fault) faults.push(fault);
  return [...new Set(faults)];
}

function notices(environment: Environment): string[] {
  const later = {
    CONSOLE_PORT: "there is no console in this version yet",
  };
  return Object.entries(later).flatMap(([name, why]) =>
    environment[name] ? [`${name} makes no difference: ${why}`] : [],
  );
}
