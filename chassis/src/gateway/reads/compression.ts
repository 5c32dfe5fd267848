import type { ServerResponse } from "node:http";
import type { Writable } from "node:stream";
import { promisify } from "node:util";
import { createGzip, gzip, constants as zlib } from "node:zlib";
import { headerOf, type RawHeaders } from "../../client/transports/http/response-head.ts";

const COMPRESSIBLE = /^(?:text\/(?!event-stream)|application\/(?:json|problem\+json|javascript)|image\/svg\+xml)/;
const LEAST = 1_024;
const LEVEL = 5;

/** Whether an `Accept-Encoding` header takes gzip. */
export function acceptsGzip(header: string | undefined): boolean {
  if (header === undefined || !header.includes("gzip")) return false;
  return header
    .split(",")
    .some((coding) => /^\s*gzip\s*(?:$|;)/i.test(coding) && !/;\s*q=0(?:\.0*)?\s*$/i.test(coding));
}

/** Whether an answer gets smaller by compression, as its headers tell; of unknown length it may. */
export function isCompressible(status: number, headers: RawHeaders): boolean {
  if (status !== 200 || !COMPRESSIBLE.test(headerOf(headers, "content-type") ?? "")) return false;
  const length = headerOf(headers, "content-length");
  if (length !== undefined && Number(length) < LEAST) return false;
  return (
    headerOf(headers, "content-encoding") === undefined &&
    !headerOf(headers, "cache-control")?.includes("no-transform") &&
    !headers.includes("content-range")
  );
}

/** The headers of the compressed form: its own length, and a tag that says that it means the same but is not the same bytes. */
export function compressedHeaders(headers: RawHeaders, length?: number): string[] {
  const changed = ["content-encoding", "gzip"];
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at] as string;
    const value = headers[at + 1] as string;
    if (name === "content-length") continue;
    changed.push(name, name === "etag" && !value.startsWith("W/") ? `W/${value}` : value);
  }
  if (length !== undefined) changed.push("content-length", String(length));
  return changed;
}

/** A way into `response` that compresses. */
export function compressInto(response: ServerResponse): Writable {
  const stream = createGzip({ level: LEVEL, flush: zlib.Z_SYNC_FLUSH });
  stream.pipe(response);
  response.once("close", () => stream.destroy());
  return stream;
}

const gzipWhole = promisify(gzip);
const whole = new WeakMap<Buffer, Promise<Buffer>>();

/** The compressed form of a body; made once for each, as long as it is around. */
export function compressed(body: Buffer): Promise<Buffer> {
  const known = whole.get(body);
  if (known) return known;
  const made = gzipWhole(body, { level: LEVEL });
  whole.set(body, made);
  return made;
}
