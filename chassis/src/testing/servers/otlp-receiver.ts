import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Cleanup } from "./postgres.ts";
import { type Field, readFields } from "./protobuf.ts";

/** A span as it was exported, with the service that it is of. */
export type ReceivedSpan = {
  readonly service: string;
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for the root of a trace. */
  readonly parentId: string;
  /** As OpenTelemetry counts: 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  readonly kind: number;
  readonly failed: boolean;
  /** Nanoseconds since 1970. */
  readonly start: bigint;
  readonly end: bigint;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
};

/** Takes spans as a tracing backend does: OTLP over HTTP, in protobuf. */
export type OtlpReceiver = {
  /** For OTEL_EXPORTER_OTLP_ENDPOINT. */
  readonly url: string;
  /** All spans so far. */
  readonly spans: readonly ReceivedSpan[];
  /** Everything that came, as text: for what must not be in it. */
  text(): string;
};

/** How a backend answers when it has taken what came; by default with success. */
export type AnswerExport = (response: ServerResponse) => void;

/** Starts a receiver on a free port, closed at the test's end. */
export async function otlpReceiver(
  t: Cleanup,
  answer: AnswerExport = (response) => response.writeHead(200, { "content-type": "application/x-protobuf" }).end(),
): Promise<OtlpReceiver> {
  const spans: ReceivedSpan[] = [];
  const bodies: Buffer[] = [];
  const server = createServer(async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = await Array.fromAsync(request);
    const body = Buffer.concat(chunks);
    bodies.push(body);
    const isExport = request.url === "/v1/traces" && request.headers["content-type"] === "application/x-protobuf";
    if (isExport) spans.push(...spansOf(body));
    answer(response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, spans, text: () => Buffer.concat(bodies).toString("utf8") };
}

/** The spans of an ExportTraceServiceRequest (opentelemetry/proto/collector/trace/v1). */
function spansOf(request: Buffer): ReceivedSpan[] {
  return all(request, 1).flatMap((resourceSpans) => {
    const resource = attributesOf(all(first(resourceSpans, 1), 1));
    const service = String(resource["service.name"]);
    return all(resourceSpans, 2).flatMap((scopeSpans) => all(scopeSpans, 2).map((span) => readSpan(span, service)));
  });
}

function readSpan(span: Buffer, service: string): ReceivedSpan {
  const status = first(span, 15);
  return {
    service,
    traceId: first(span, 1).toString("hex"),
    spanId: first(span, 2).toString("hex"),
    parentId: first(span, 4).toString("hex"),
    name: first(span, 5).toString("utf8"),
    kind: Number(field(span, 6)?.value ?? 0n),
    start: field(span, 7)?.value ?? 0n,
    end: field(span, 8)?.value ?? 0n,
    attributes: attributesOf(all(span, 9)),
    failed: field(status, 3)?.value === 2n,
  };
}

const field = (message: Buffer, number: number): Field | undefined =>
  readFields(message).find((one) => one.number === number);

const first = (message: Buffer, number: number): Buffer => field(message, number)?.bytes ?? Buffer.alloc(0);

const all = (message: Buffer, number: number): Buffer[] =>
  readFields(message)
    .filter((one) => one.number === number)
    .map(({ bytes }) => bytes);

const attributesOf = (pairs: readonly Buffer[]): Record<string, string | number | boolean> =>
  Object.fromEntries(pairs.map((pair) => [first(pair, 1).toString("utf8"), anyValue(first(pair, 2))]));

/** An AnyValue: text, truth, whole number or fraction. */
function anyValue(any: Buffer): string | number | boolean {
  const [one] = readFields(any);
  if (one?.number === 1) return one.bytes.toString("utf8");
  if (one?.number === 2) return one.value === 1n;
  if (one?.number === 3) return Number(BigInt.asIntN(64, one.value));
  return one?.bytes.readDoubleLE() ?? "";
}
