import { invalidInput } from "../core/failure.ts";
import { malformedRequest } from "./malformed.ts";

/** The headers of a request that the gateway looks at, and those that go on to the service as `[name, value, …]`. */
export type RequestHeaders = {
  readonly authorization: string | undefined;
  /** The announced length of the body; undefined when none is announced. */
  readonly contentLength: number | undefined;
  readonly chunked: boolean;
  readonly hasKey: boolean;
  readonly forwarded: string[];
};

/** What every service may see of a request; compression is the gateway's. All else is left out, unless the contract says that the call reads it. */
const GENERAL = ["accept", "accept-language", "authorization", "content-encoding", "content-type", "user-agent"];
/** What the gateway alone says to a service, or HTTP itself says on each connection. A call can't read these from a client. */
const RESERVED =
  /_|^(?:x-user-.*|x-forwarded-.*|forwarded|x-real-ip|x-request-id|traceparent|tracestate|baggage|x-deadline-ms|connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|expect|host|content-length)$/;
/** Twice the same of these, and two readers may take two different ones. */
export const SINGLE: ReadonlySet<string> = new Set([
  "host",
  "authorization",
  "content-type",
  "content-length",
  "idempotency-key",
]);

/** The names of the headers that go on to a call which reads `named`. Throws for names that are the gateway's own. */
export function forwardedNames(named: readonly string[], hasKey: boolean): ReadonlySet<string> {
  const reserved = named.find((name) => RESERVED.test(name));
  if (reserved) throw new Error(`A call can't read the header ${reserved}: it never comes from a client`);
  return new Set([...GENERAL, ...(hasKey ? ["idempotency-key"] : []), ...named]);
}

/**
 * Reads the raw headers of a request. What `Connection` names is dropped first, then everything that is not in `allowed`.
 * Throws `malformed_request` for an upgrade, for a missing `Host`, and for headers given twice that can only be there once.
 */
export function readHeaders(rawHeaders: readonly string[], allowed: ReadonlySet<string>): RequestHeaders {
  const dropped = namedByConnection(rawHeaders);
  const seen = new Set<string>();
  const forwarded: string[] = [];
  let authorization: string | undefined;
  let contentLength: number | undefined;
  let chunked = false;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] as string).toLowerCase();
    const value = rawHeaders[at + 1] as string;
    if (SINGLE.has(name)) {
      if (seen.has(name)) throw malformedRequest.failure();
      seen.add(name);
    }
    if (name === "upgrade") throw malformedRequest.failure();
    if (name === "content-length") contentLength = Number(value);
    if (name === "transfer-encoding") chunked = true;
    if (!allowed.has(name) || dropped?.has(name)) continue;
    if (name === "authorization") authorization = value;
    forwarded.push(name, value);
  }
  if (!seen.has("host")) throw malformedRequest.failure();
  const hasKey = seen.has("idempotency-key") && !dropped?.has("idempotency-key");
  return { authorization, contentLength, chunked, hasKey, forwarded };
}

const LONGEST_CONNECTION_HEADER = 1_000;

/** The names in `Connection`; undefined in the usual case that it names no header. */
function namedByConnection(rawHeaders: readonly string[]): Set<string> | undefined {
  let names: Set<string> | undefined;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string;
    if (name.length !== 10 || name.toLowerCase() !== "connection") continue;
    const value = (rawHeaders[at + 1] as string).toLowerCase();
    if (value === "keep-alive" || value === "close") continue;
    if (value.length > LONGEST_CONNECTION_HEADER) throw invalidInput.failure();
    names ??= new Set();
    for (const token of value.split(",")) names.add(token.trim());
  }
  return names;
}
