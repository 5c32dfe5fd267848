import { type Static, type TProperties, Type } from "typebox";

const Milliseconds = (value: number) => Type.Integer({ minimum: 0, maximum: 600_000, default: value });
const Count = (value: number) => Type.Integer({ minimum: 1, maximum: 1_000_000, default: value });
const Address = Type.Optional(Type.String({ pattern: "^https?://" }));

const samplers = [
  "always_on",
  "always_off",
  "traceidratio",
  "parentbased_always_on",
  "parentbased_always_off",
  "parentbased_traceidratio",
] as const;

/**
 * The settings of tracing, as OpenTelemetry names them. `OTEL_EXPORTER_OTLP_HEADERS`, `_TIMEOUT`, `_COMPRESSION` and the certificates
 * are read by OpenTelemetry's own exporter from the environment of the process. A service's name is its own, whatever `OTEL_SERVICE_NAME` says.
 */
export const tracingSettings = {
  OTEL_EXPORTER_OTLP_ENDPOINT: Address,
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: Address,
  OTEL_SDK_DISABLED: Type.Boolean({ default: false }),
  OTEL_TRACES_EXPORTER: Type.Enum(["otlp", "none"], { default: "otlp" }),
  OTEL_TRACES_SAMPLER: Type.Enum([...samplers], { default: "parentbased_always_on" }),
  OTEL_TRACES_SAMPLER_ARG: Type.Number({ minimum: 0, maximum: 1, default: 1 }),
  OTEL_RESOURCE_ATTRIBUTES: Type.String({ default: "" }),
  OTEL_BSP_SCHEDULE_DELAY: Milliseconds(5_000),
  OTEL_BSP_EXPORT_TIMEOUT: Milliseconds(30_000),
  OTEL_BSP_MAX_QUEUE_SIZE: Count(2_048),
  OTEL_BSP_MAX_EXPORT_BATCH_SIZE: Count(512),
} satisfies TProperties;

const TracingSettings = Type.Object(tracingSettings);
export type TracingSettings = Static<typeof TracingSettings>;
