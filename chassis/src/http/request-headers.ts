import type { IncomingMessage } from "node:http";
import { malformedRequest } from "./malformed.ts";

/** The headers of a request, read once: `[name, value, …]` with names in lower case. */
export type ReadHeaders = {
  readonly all: readonly string[];
  /** What `Connection` names; undefined in the usual case that it names no header. */
  readonly dropped: ReadonlySet<string> | undefined;
  /** The announced length of the body; undefined when none is announced. */
  readonly contentLength: number | undefined;
  readonly chunked: boolean;
};

/** The headers of a request that the gateway looks at, and those that go on to the service as `[name, value, …]`. */
export type RequestHeaders = Pick<ReadHeaders, "contentLength" | "chunked"> & {
  readonly authorization: string | undefined;
  readonly hasKey: boolean;
  readonly forwarded: string[];
};

/** What every service may see of a request; compression is the gateway's. All else is left out, unless the contract says that the call reads it. */
const GENERAL = ["accept", "accept-language", "authorization", "content-encoding", "content-type", "user-agent"];
/** What the gateway alone says to a service, or HTTP itself says on each connection. A call can't read these from a client. */
const RESERVED =
  /_|^(?:x-user-.*|x-forwarded-.*|forwarded|x-real-ip|x-request-id|traceparent|tracestate|baggage|x-deadline-ms|connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|expect|host|content-length)$/;
/** Twice the same of these, and two readers may take two different ones. Each with a bit of its own. */
const BITS: ReadonlyMap<string, number> = new Map(
  ["host", "authorization", "content-type", "content-length", "transfer-encoding", "idempotency-key", "origin"].map(
    (name, at) => [name, 2 ** at],
  ),
);
const HOST_BIT = BITS.get("host") as number;
/** Whether a header can be there only once. */
export const isSingle = (name: string): boolean => BITS.has(name);

/** A host, and maybe a port (RFC 9110, 7.2); a comma would be the sign of two. */
const HOST = /^(?:\[[\da-f:.]+\]|[\w.~!$&'()*+;=%-]*)(?::\d{0,5})?$/i;
const LONGEST_CONNECTION_HEADER = 1_000;

/** The names of the headers that go on to a call which reads `named`. Throws for names that are the gateway's own. */
export function forwardedNames(named: readonly string[], hasKey: boolean): ReadonlySet<string> {
  const reserved = named.find((name) => RESERVED.test(name));
  if (reserved) throw new Error(`A call can't read the header ${reserved}: it never comes from a client`);
  return new Set([...GENERAL, ...(hasKey ? ["idempotency-key"] : []), ...named]);
}

/**
 * Reads the headers of a request before anything else is done with it, at the gateway and at services. Throws `malformed_request` for
 * what two readers could take for two things: headers given twice that can only be there once, a `Host` that is none or is missing
 * (HTTP/1.0 has none), an encoding of the body's frame other than chunked, an upgrade that is not one of ours.
 */
export function readHeaders(
  { rawHeaders, httpVersion }: Pick<IncomingMessage, "rawHeaders" | "httpVersion">,
  mayUpgrade = false,
): ReadHeaders {
  const all: string[] = [];
  let seen = 0;
  let dropped: Set<string> | undefined;
  let contentLength: number | undefined;
  let chunked = false;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] as string).toLowerCase();
    const value = rawHeaders[at + 1] as string;
    const bit = BITS.get(name) ?? 0;
    if ((seen & bit) !== 0) throw malformedRequest.failure();
    seen |= bit;
    if (name === "upgrade" && !mayUpgrade) throw malformedRequest.failure();
    if (name === "host" && !HOST.test(value)) throw malformedRequest.failure();
    if (name === "connection") dropped = namedBy(value, dropped);
    else if (name === "content-length") contentLength = Number(value);
    else if (name === "transfer-encoding") {
      if (httpVersion === "1.0" || value.toLowerCase() !== "chunked") throw malformedRequest.failure();
      chunked = true;
    }
    all.push(name, value);
  }
  if ((seen & HOST_BIT) === 0 && httpVersion !== "1.0") throw malformedRequest.failure();
  return { all, dropped, contentLength, chunked };
}

/** What of the headers goes on to a call: what `Connection` names is dropped first, then everything that is not in `allowed`. */
export function headersFor(
  { all, dropped, contentLength, chunked }: ReadHeaders,
  allowed: ReadonlySet<string>,
): RequestHeaders {
  const forwarded: string[] = [];
  let authorization: string | undefined;
  let hasKey = false;
  for (let at = 0; at < all.length; at += 2) {
    const name = all[at] as string;
    if (!allowed.has(name) || dropped?.has(name)) continue;
    const value = all[at + 1] as string;
    if (name === "authorization") authorization = value;
    else if (name === "idempotency-key") hasKey = true;
    forwarded.push(name, value);
  }
  return { authorization, contentLength, chunked, hasKey, forwarded };
}

/** The names in a `Connection` header, with those of others before it. */
function namedBy(value: string, before: Set<string> | undefined): Set<string> | undefined {
  const list = value.toLowerCase();
  if (list === "keep-alive" || list === "close") return before;
  if (list.length > LONGEST_CONNECTION_HEADER) throw malformedRequest.failure();
  const names = before ?? new Set();
  for (const token of list.split(",")) names.add(token.trim());
  return names;
}
