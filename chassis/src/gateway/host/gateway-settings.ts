import { type Static, Type } from "typebox";
import { drainSettings, identitySettings, tlsSettings } from "../../service/host/settings.ts";
import { tracingSettings } from "../../telemetry/tracing/tracing-settings.ts";
import { WORKER_NUMBER } from "../edge/workers.ts";

const PerMinute = Type.Integer({ minimum: 1, maximum: 1_000_000_000 });

/** The settings of a gateway's process. */
export const GatewaySettings = Type.Object({
  HOST: Type.String({ default: "127.0.0.1" }),
  PORT: Type.Integer({ minimum: 0, maximum: 65_535, default: 0, description: "0 takes a free one" }),
  ...drainSettings,
  DISCOVERY_URL: Type.String({ default: "static:" }),
  INSTANCES: Type.String({ default: "{}" }),
  SERVICE_KEY_FILE: Type.String({ minLength: 1, description: "The private key by which services know the gateway" }),
  ...identitySettings,
  ...tlsSettings,
  LOG_LEVEL: Type.Enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"], { default: "info" }),
  RATE_LIMIT_SIGN_IN: Type.Integer({
    ...PerMinute,
    default: 600,
    description: "Sign-in calls of an address in a minute",
  }),
  RATE_LIMIT_ADDRESS: Type.Integer({
    ...PerMinute,
    default: 60_000,
    description: "Other calls of an address in a minute",
  }),
  RATE_LIMIT_USER: Type.Integer({
    ...PerMinute,
    default: 30_000,
    description: "Calls of a signed-in user in a minute",
  }),
  STREAM_LIMIT: Type.Integer({
    minimum: 1,
    maximum: 1_000_000,
    default: 64,
    description: "Streams that a user, or an address that is not signed in, may have open at once in each process",
  }),
  REDIS_URL: Type.Optional(
    Type.String({ pattern: "^rediss?://", description: "Counts for all gateways; without it each counts for itself" }),
  ),
  TRUSTED_PROXIES: Type.String({
    default: "",
    description: "Networks whose X-Forwarded-For is believed, such as 10.0.0.0/8,fd00::/8",
  }),
  CORS_ORIGINS: Type.String({ default: "", description: "Origins whose pages may use the gateway from a browser" }),
  GATEWAY_WORKERS: Type.Integer({ minimum: 1, maximum: 256, default: 1, description: "Processes at the one address" }),
  [WORKER_NUMBER]: Type.Integer({ minimum: 0, default: 0, description: "Set by the gateway for its workers" }),
  METRICS_HOST: Type.String({ default: "127.0.0.1" }),
  METRICS_PORT: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 65_000,
      description:
        "Where Prometheus reads GET /metrics, 0: at a free port; with several workers each has the next port",
    }),
  ),
  ...tracingSettings,
});
export type GatewaySettings = Static<typeof GatewaySettings>;
