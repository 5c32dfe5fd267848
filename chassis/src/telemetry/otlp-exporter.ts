import type { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import type { Resource } from "@opentelemetry/resources";
import type { Attributes, EndedSpan, SpanKind } from "./tracer.ts";

/** Hands spans over; rejects when they were not taken. */
export type SendSpans = (spans: readonly EndedSpan[]) => Promise<void>;

type ReadableSpan = Parameters<OTLPTraceExporter["export"]>[0][number];
type Exporter = { readonly exporter: OTLPTraceExporter; readonly resource: Resource };

/**
 * Makes the function that sends spans to `url` as OTLP over HTTP, in protobuf. OpenTelemetry's exporter is loaded with the first spans:
 * a process that has none to send pays neither its time nor its memory.
 */
export function otlpExporter({ url, resource }: { url: string; resource: Attributes }): SendSpans {
  let loading: Promise<Exporter> | undefined;
  return async (spans) => {
    loading ??= load(url, resource);
    const { exporter, resource: described } = await loading;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    exporter.export(spans.map((span) => readable(span, described)) as ReadableSpan[], ({ code, error }) =>
      code === 0 ? resolve() : reject(error ?? new Error("the spans were not taken")),
    );
    return promise;
  };
}

async function load(url: string, attributes: Attributes): Promise<Exporter> {
  const [{ OTLPTraceExporter }, { resourceFromAttributes }] = await Promise.all([
    import("@opentelemetry/exporter-trace-otlp-proto"),
    import("@opentelemetry/resources"),
  ]);
  return { exporter: new OTLPTraceExporter({ url }), resource: resourceFromAttributes({ ...attributes }) };
}

const kinds: Readonly<Record<SpanKind, number>> = { internal: 0, server: 1, client: 2, producer: 3, consumer: 4 };

const scope = { name: "@flotilla/chassis" };

/** A span as OpenTelemetry's exporter reads it. */
function readable({ name, kind, trace, parentId, start, end, attributes, failed }: EndedSpan, resource: Resource) {
  const contextOf = (spanId: string) => ({ traceId: trace.traceId, spanId, traceFlags: 1 });
  return {
    name,
    kind: kinds[kind],
    spanContext: () => contextOf(trace.spanId),
    ...(parentId !== undefined && { parentSpanContext: contextOf(parentId) }),
    startTime: highResolution(start),
    endTime: highResolution(end),
    duration: highResolution(end - start),
    status: { code: failed ? 2 : 0 },
    attributes,
    links: [],
    events: [],
    ended: true,
    resource,
    instrumentationScope: scope,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}

/** Milliseconds as seconds and nanoseconds. */
function highResolution(milliseconds: number): [number, number] {
  const seconds = Math.floor(milliseconds / 1_000);
  return [seconds, Math.round((milliseconds - seconds * 1_000) * 1e6)];
}
