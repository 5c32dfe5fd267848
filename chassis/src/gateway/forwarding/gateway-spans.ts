import type { RawHeaders } from "../../client/transports/http/response-head.ts";
import { formatTraceparent, startTrace, type TraceContext } from "../../context/trace-context.ts";
import type { Attributes, EndedSpan } from "../../context/tracer.ts";
import { beginPeriod, periodSince } from "../../telemetry/tracing/span.ts";
import type { Exchange } from "../edge/exchange.ts";
import type { Outcome } from "./call-instances.ts";

/** What a request to a service is recorded with; there is none unless its trace is recorded. */
export type Traced = {
  readonly trace: TraceContext;
  /** Method and path, as the service's contract writes them. */
  readonly name: string;
  record(span: EndedSpan): void;
};

/** Records an exchange that is over. The method of a request that fits no route may be anything, and is not told. */
export function recordExchange({ record, trace, startedAt, route, request, response }: Exchange): void {
  if (!record) return;
  const status = response.headersSent ? response.statusCode : undefined;
  const method = route === undefined ? "_OTHER" : (request.method as string);
  const failure = status === undefined ? "client_left" : status >= 500 ? String(status) : undefined;
  record({
    name: route === undefined ? method : `${method} ${route}`,
    kind: "server",
    trace,
    parentId: undefined,
    ...periodSince(startedAt),
    failed: failure !== undefined,
    attributes: {
      "http.request.method": method,
      "url.scheme": "http",
      ...(route !== undefined && { "http.route": route }),
      ...(status !== undefined && { "http.response.status_code": status }),
      ...(failure !== undefined && { "error.type": failure }),
    },
  });
}

/** One attempt at a service, from the gateway's side. */
export type UpstreamSpan = {
  /** The headers with this span as what the service's work is a part of. */
  headers(headers: readonly string[]): readonly string[];
  /** To be told the status of the answer, if there is one. */
  onStatus(status: number): void;
  /** Ends with the attempt. */
  endWith<Answer>(attempt: Promise<Outcome<Answer>>): Promise<Outcome<Answer>>;
};

/** Begins the span of an attempt. */
export function beginUpstreamSpan(
  { trace: parent, name, record }: Traced,
  service: string,
  origin: string,
): UpstreamSpan {
  const trace = startTrace(parent);
  const endPeriod = beginPeriod();
  const { hostname, port } = new URL(origin);
  const attributes: Record<string, Attributes[string]> = {
    "http.request.method": name.slice(0, name.indexOf(" ")),
    "url.template": name.slice(name.indexOf(" ") + 1),
    "service.peer.name": service,
    "server.address": hostname,
    "server.port": Number(port || 80),
  };
  let failed = false;
  return {
    headers: (headers) =>
      headers.map((value, at) =>
        headers[at - 1] === "traceparent" && at % 2 === 1 ? formatTraceparent(trace) : value,
      ),
    onStatus(status) {
      attributes["http.response.status_code"] = status;
      if (status < 500) return;
      failed = true;
      attributes["error.type"] = String(status);
    },
    async endWith(attempt) {
      const outcome = await attempt;
      if ("failure" in outcome) {
        failed = true;
        attributes["error.type"] = outcome.failure.code;
      }
      record({ name, kind: "client", trace, parentId: parent.spanId, ...endPeriod(), attributes, failed });
      return outcome;
    },
  };
}

/** Tells a span of the status with which an answer begins. */
export const tellStatus =
  <Out>(span: UpstreamSpan, begin: (status: number, headers: RawHeaders) => Out) =>
  (status: number, headers: RawHeaders): Out => {
    span.onStatus(status);
    return begin(status, headers);
  };
