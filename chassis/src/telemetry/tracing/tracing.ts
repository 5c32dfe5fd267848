import { hostname } from "node:os";
import type { Attributes, Tracer } from "../../context/tracer.ts";
import type { Clock } from "../../core/clock.ts";
import { newId } from "../../core/id.ts";
import type { Log } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import { otlpExporter } from "./otlp-exporter.ts";
import { samplerOf } from "./sampler.ts";
import { createSpanQueue, type SpanQueue } from "./span-queue.ts";
import type { TracingSettings } from "./tracing-settings.ts";

/** The tracing of one process. */
export type Tracing = {
  readonly tracer: Tracer;
  /** Exports what is left, for at most 2 seconds. */
  close(): Promise<void>;
};

export type TracingOptions = {
  readonly service: string;
  readonly settings: TracingSettings;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
};

/** Makes the tracing of a service. Without an endpoint traces are only named: in logs, and to the services behind. */
export function openTracing(options: TracingOptions): Tracing {
  const { settings } = options;
  const samples = samplerOf(settings);
  const url = endpointOf(settings);
  if (url === undefined) return { tracer: { samples }, async close() {} };
  const queue = exportQueue(url, options);
  return { tracer: { samples, record: queue.add }, close: queue.close };
}

/** Where spans go; undefined: nowhere. */
function endpointOf(settings: TracingSettings): string | undefined {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: base, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: exact } = settings;
  if (settings.OTEL_SDK_DISABLED || settings.OTEL_TRACES_EXPORTER === "none") return undefined;
  return exact ?? (base && `${base.replace(/\/$/, "")}/v1/traces`);
}

function exportQueue(url: string, { service, settings, clock, log, metrics }: TracingOptions): SpanQueue {
  const sent = metrics.counter("spans_exported_total", "Spans that were handed over to the tracing backend.");
  const dropped = metrics.counter("spans_dropped_total", "Spans that were not.", ["why"]);
  let failing = false;
  let rejectionLogged = false;
  return createSpanQueue({
    send: otlpExporter({ url, resource: resourceOf(service, settings.OTEL_RESOURCE_ATTRIBUTES) }),
    clock,
    most: settings.OTEL_BSP_MAX_QUEUE_SIZE,
    batch: Math.min(settings.OTEL_BSP_MAX_EXPORT_BATCH_SIZE, settings.OTEL_BSP_MAX_QUEUE_SIZE),
    delay: settings.OTEL_BSP_SCHEDULE_DELAY,
    timeout: settings.OTEL_BSP_EXPORT_TIMEOUT,
    onSent(count) {
      if (failing) log.info("spans are exported again");
      failing = false;
      sent({}, count);
    },
    onDropped(count, why, error) {
      const isKnown = why === "rejected" ? rejectionLogged : failing;
      if (error !== undefined && !isKnown) log.warn({ err: error }, "spans are not exported");
      rejectionLogged ||= why === "rejected";
      failing ||= why === "failed";
      dropped({ why }, count);
    },
  });
}

/** What is said of all spans of a process: whose they are, and what OTEL_RESOURCE_ATTRIBUTES adds (`key=value,key=value`). */
function resourceOf(service: string, given: string): Attributes {
  const pairs = given
    .split(",")
    .map((pair) => pair.split("="))
    .filter(([name, value]) => name?.trim() && value !== undefined)
    .map(([name = "", ...value]) => [name.trim(), decoded(value.join("=").trim())]);
  return {
    ...Object.fromEntries(pairs),
    "service.name": service,
    "service.instance.id": newId(),
    "host.name": hostname(),
    "process.pid": process.pid,
  };
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
