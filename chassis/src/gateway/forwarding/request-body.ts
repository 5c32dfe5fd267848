import { Readable } from "node:stream";
import type { Body } from "../../client/transports/http/connection.ts";
import { type Failure, tooLarge } from "../../core/failure/failure.ts";
import type { Soon } from "../../core/soon.ts";
import { malformedRequest } from "../../http/malformed.ts";
import type { RequestHeaders } from "../../http/request-headers.ts";
import type { Exchange } from "../edge/exchange.ts";

const HELD_AT_MOST = 64 * 1024;

/**
 * Takes the body of a request. Up to 64 KiB it is taken in whole before the service hears of it: a slow client holds no
 * connection to a service. What may be larger is streamed, unless it is needed `whole`. Throws `body_too_large` as soon as it is
 * more than `limit`, also when no length was announced, and `malformed_request` when it comes in a great many small parts; a stream fails with it.
 */
export function takeBody(exchange: Exchange, headers: RequestHeaders, limit: number, whole = false): Soon<Body> {
  const { request, response } = exchange;
  const { contentLength, chunked } = headers;
  const hasBody = chunked || (contentLength !== undefined && contentLength > 0);
  if (!hasBody || request.method === "GET" || request.method === "HEAD") return undefined;
  if (contentLength !== undefined && contentLength > limit) throw bodyTooLarge(limit);
  if (exchange.awaitsContinue) {
    response.writeContinue();
    exchange.awaitsContinue = false;
  }
  const mayBeLarge = Math.min(contentLength ?? Number.POSITIVE_INFINITY, limit) > HELD_AT_MOST;
  return mayBeLarge && !whole
    ? Readable.from(limited(exchange, limit), { objectMode: false })
    : wholeBody(exchange, limit);
}

const bodyTooLarge = (limit: number): Failure =>
  tooLarge.failure({ errors: [{ path: "", message: `must be at most ${limit} bytes` }] });

/** Chunks that a body may have, whatever its size, and bytes for each further one: to take one in costs more than to read what is in it. */
const FREE_CHUNKS = 500;
const BYTES_A_CHUNK = 64;

/** Notes what a body costs as it comes. What is returned throws when it is too large, or comes in many parts that are too small. */
function countBody(exchange: Exchange, limit: number): (chunk: Buffer) => void {
  let taken = 0;
  let count = 0;
  return ({ length }) => {
    taken += length;
    count += 1;
    exchange.bodyCost += length + BYTES_A_CHUNK;
    if (taken > limit) throw bodyTooLarge(limit);
    if (count > FREE_CHUNKS + taken / BYTES_A_CHUNK) throw malformedRequest.failure();
  };
}

async function* limited(exchange: Exchange, limit: number): AsyncIterable<Buffer> {
  const count = countBody(exchange, limit);
  // The request outlives a refusal of its body: it is still to be answered.
  for await (const chunk of exchange.request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    count(chunk);
    yield chunk;
  }
}

function wholeBody(exchange: Exchange, limit: number): Promise<Buffer> {
  const { request } = exchange;
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const chunks: Buffer[] = [];
  const count = countBody(exchange, limit);
  const onData = (chunk: Buffer) => {
    chunks.push(chunk);
    try {
      count(chunk);
    } catch (error) {
      request.off("data", onData);
      reject(error);
    }
  };
  request.on("data", onData);
  request.once("end", () => resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)));
  request.once("error", (cause) => reject(malformedRequest.failure({ cause })));
  return promise;
}
