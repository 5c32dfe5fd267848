import { type Static, type TObject, Type } from "typebox";
import { ConfigurationError, type Environment, readConfig } from "../../core/configuration/config.ts";
import { tracingSettings } from "../../telemetry/tracing/tracing-settings.ts";
import { retentionSettings } from "./retention-settings.ts";

/** How a process comes and goes without anybody noticing. */
export const drainSettings = {
  LISTEN_FD: Type.Optional(
    Type.Integer({
      minimum: 3,
      description: "The inherited socket to listen on, in place of PORT; shared with others",
    }),
  ),
  DRAIN_NOTICE_MS: Type.Integer({
    minimum: 0,
    maximum: 60_000,
    default: 0,
    description: "How long a process that stops still takes requests, until its callers have noticed",
  }),
};

export const identitySettings = {
  IDENTITY_SERVICE: Type.Optional(
    Type.String({ description: "The service that knows the people; without it no token of a person is good" }),
  ),
};

const PemFile = (description: string) => Type.Optional(Type.String({ minLength: 1, description }));

/** TLS between services: both settings, or none. */
export const tlsSettings = {
  TLS_CERTIFICATE_FILE: PemFile(
    "PEM: the service's private key and its certificate, which names it; turns TLS between services on",
  ),
  TLS_CA_FILE: PemFile("PEM: the certificates of those who vouch for the system's services"),
};

/** The settings that every service process has. */
export const HostSettings = Type.Object({
  HOST: Type.String({ default: "127.0.0.1" }),
  PORT: Type.Integer({ minimum: 0, maximum: 65_535, default: 0 }),
  ...drainSettings,
  ADVERTISE_URL: Type.Optional(
    Type.String({ pattern: "^https?://[^/]+$", description: "Where others reach it, if not where it listens" }),
  ),
  DATABASE_URL: Type.String({ pattern: "^postgres(ql)?://" }),
  DATABASE_CONNECTIONS: Type.Integer({ minimum: 2, maximum: 200, default: 10 }),
  BROKER_URL: Type.String({ minLength: 1 }),
  DISCOVERY_URL: Type.String({ default: "static:" }),
  INSTANCES: Type.String({ default: "{}" }),
  SERVICE_KEY_FILE: Type.String({ minLength: 1 }),
  SERVICE_PUBLIC_KEYS_FILE: Type.String({ minLength: 1 }),
  ...identitySettings,
  ...tlsSettings,
  INTERNAL_CALLERS: Type.Optional(
    Type.String({
      description: 'Who may make internal calls, by route: {"GET /contacts/{id}":["email"]}; nobody else may',
    }),
  ),
  LOG_LEVEL: Type.Enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"], { default: "info" }),
  ...retentionSettings,
  ...tracingSettings,
});
export type HostSettings = Static<typeof HostSettings>;

/** Reads the host's settings and the service's own; the faults of both are reported at once. */
export function readSettings<Own extends TObject>(
  own: Own,
  environment: Environment,
): { host: HostSettings; own: Static<Own> } {
  const faults: string[] = [];
  const read = <Schema extends TObject>(schema: Schema): Static<Schema> | undefined => {
    try {
      return readConfig(schema, environment);
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      faults.push(...error.faults);
      return undefined;
    }
  };
  const settings = { host: read(HostSettings), own: read(own) };
  // A setting that both read is wrong once.
  if (settings.host === undefined || settings.own === undefined) throw new ConfigurationError([...new Set(faults)]);
  return { host: settings.host, own: settings.own };
}
