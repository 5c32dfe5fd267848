import { setImmediate as nextTurn } from "node:timers/promises";
import type { IOtlpExportDelegate } from "@opentelemetry/otlp-exporter-base";
import type { ProtobufTraceSerializer } from "@opentelemetry/otlp-transformer";
import type { Resource } from "@opentelemetry/resources";
import type { Attributes, EndedSpan, SpanKind } from "../../context/tracer.ts";

/** Hands spans over; resolves with what the backend says about those that it did not take, rejects when it took none. */
export type SendSpans = (spans: readonly EndedSpan[]) => Promise<PartialSuccess | undefined>;

/** So many spans were rejected although the others were taken, and why. */
export type PartialSuccess = { readonly rejected: number; readonly reason: string };

type ReadableSpan = Parameters<(typeof ProtobufTraceSerializer)["serializeRequest"]>[0][number];
type Exporter = {
  readonly encode: (spans: ReadableSpan[]) => Uint8Array;
  readonly resource: Resource;
  readonly delegate: IOtlpExportDelegate<Uint8Array>;
  /** What the answer said that is being reported to an export right now. */
  readonly answered: () => PartialSuccess | undefined;
};

/** So many spans are encoded at a time. A whole batch of them would hold up, for milliseconds, all that the process does. */
const AT_A_TIME = 16;

/**
 * Makes the function that sends spans to `url` as OTLP over HTTP, in protobuf. OpenTelemetry's exporter is loaded with the first spans:
 * a process that has none to send pays neither its time nor its memory.
 */
export function otlpExporter({ url, resource }: { url: string; resource: Attributes }): SendSpans {
  let loading: Promise<Exporter> | undefined;
  return async (spans) => {
    loading ??= load(url, resource);
    const { encode, resource: described, delegate, answered } = await loading;
    const parts: Uint8Array[] = [];
    for (let at = 0; at < spans.length; at += AT_A_TIME) {
      const some = spans.slice(at, at + AT_A_TIME);
      parts.push(encode(some.map((span) => readable(span, described)) as ReadableSpan[]));
      await nextTurn();
    }
    const { promise, resolve, reject } = Promise.withResolvers<PartialSuccess | undefined>();
    // Messages of protobuf one behind the other are one that holds what each of them holds.
    delegate.export(Buffer.concat(parts), ({ code, error }) =>
      code === 0 ? resolve(answered()) : reject(error ?? new Error("the spans were not taken")),
    );
    return promise;
  };
}

async function load(url: string, attributes: Attributes): Promise<Exporter> {
  const [{ convertLegacyHttpOptions, createOtlpHttpExportDelegate }, { ProtobufTraceSerializer }, resources] =
    await Promise.all([
      import("@opentelemetry/otlp-exporter-base/node-http"),
      import("@opentelemetry/otlp-transformer"),
      import("@opentelemetry/resources"),
    ]);
  const type = { "Content-Type": "application/x-protobuf" };
  const options = convertLegacyHttpOptions({ url }, "TRACES", "v1/traces", type);
  let answer: PartialSuccess | undefined;
  const serializer = {
    serializeRequest: (bytes: Uint8Array) => bytes,
    // Read right before the export hears of its success, in the same turn.
    deserializeResponse(bytes: Uint8Array) {
      answer = undefined;
      const response = ProtobufTraceSerializer.deserializeResponse(bytes);
      answer = partialSuccess(response.partialSuccess);
      return response;
    },
  };
  const counter = { name: "span", countItems: () => 0 } as const;
  return {
    encode(spans) {
      const bytes = ProtobufTraceSerializer.serializeRequest(spans);
      if (bytes === undefined) throw new Error("the spans can't be encoded");
      return bytes;
    },
    resource: resources.resourceFromAttributes({ ...attributes }),
    answered() {
      const said = answer;
      answer = undefined;
      return said;
    },
    // Its own metrics go nowhere: the queue counts what was sent and what was not.
    delegate: createOtlpHttpExportDelegate(options, serializer, "otlp_http_span_exporter", counter, undefined),
  };
}

function partialSuccess(
  said: { rejectedSpans?: unknown; errorMessage?: unknown } | undefined,
): PartialSuccess | undefined {
  // An int64 of protobuf may come as an object.
  const rejected = Number(String(said?.rejectedSpans ?? 0));
  return rejected > 0 ? { rejected, reason: String(said?.errorMessage ?? "") } : undefined;
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
