import type { RawHeaders } from "../../client/transports/http/response-head.ts";
import { OFFER_HEADER } from "../../client/transports/multiplex/offer.ts";
import { SERVICE_HEADER } from "../../http/service-header.ts";

/** Never guess the type, never frame it, tell nobody where one came from. */
const securityHeaders = [
  ...["x-content-type-options", "nosniff"],
  ...["x-frame-options", "DENY"],
  ...["referrer-policy", "no-referrer"],
];

/** The policy of answers that are data: shown as a page, they may load and run nothing. */
export const DATA_POLICY = ["content-security-policy", "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"];

/** The headers that each answer of the gateway has, as `[name, value, …]`. */
export const answerHeaders = (requestId: string, close: boolean): string[] => {
  const headers = [...securityHeaders, "x-request-id", requestId];
  if (close) headers.push("connection", "close");
  return headers;
};

/** Hop-by-hop headers, what tells of a service's insides, and what only the gateway says. */
const DROPPED = new Set([
  ...[
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
  ],
  ...["server", "x-powered-by", "via", "date", "x-request-id", "traceparent", "tracestate", "x-deadline-ms"],
  ...["content-security-policy", "x-content-type-options", "x-frame-options", "referrer-policy"],
  ...["ratelimit", "ratelimit-policy", "alt-svc", SERVICE_HEADER, OFFER_HEADER],
]);

/**
 * What goes on to the client of a service's headers, with the policy for data, as `[name, value, …]`. A `Location` on the service
 * becomes one behind `prefix`. CORS headers are the gateway's decision and are left out too.
 */
export function cleanResponseHeaders(headers: RawHeaders, prefix: string): string[] {
  const dropped = namedByConnection(headers);
  const clean = [...DATA_POLICY];
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at] as string;
    const value = headers[at + 1] as string;
    if (DROPPED.has(name) || dropped?.includes(name) || name.startsWith("access-control-")) continue;
    clean.push(name, name === "location" ? publicLocation(value, prefix) : value);
  }
  return clean;
}

function namedByConnection(headers: RawHeaders): string[] | undefined {
  let names: string[] | undefined;
  for (let at = 0; at < headers.length; at += 2) {
    if (headers[at] !== "connection" || headers[at + 1] === "keep-alive") continue;
    names = [...(names ?? []), ...(headers[at + 1] as string).toLowerCase().split(/\s*,\s*/)];
  }
  return names;
}

function publicLocation(location: string, prefix: string): string {
  const isPath = location.startsWith("/") && !location.startsWith("//");
  return isPath && !location.startsWith(`${prefix}/`) ? prefix + location : location;
}
