import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import type { Body } from "../client/http/connection.ts";
import { type Failure, tooLarge } from "../core/failure.ts";
import type { Soon } from "../core/soon.ts";
import type { Exchange } from "./exchange.ts";
import { malformedRequest } from "./malformed.ts";
import type { RequestHeaders } from "./request-headers.ts";

const HELD_AT_MOST = 64 * 1024;

/**
 * Takes the body of a request. Up to 64 KiB it is taken in whole before the service hears of it: a slow client holds no
 * connection to a service. What may be larger is streamed, unless it is needed `whole`. Throws `body_too_large` as soon as it is
 * more than `limit`, also when no length was announced; a stream fails with it.
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
    ? Readable.from(limited(request, limit), { objectMode: false })
    : wholeBody(request, limit);
}

const bodyTooLarge = (limit: number): Failure =>
  tooLarge.failure({ errors: [{ path: "", message: `must be at most ${limit} bytes` }] });

async function* limited(request: IncomingMessage, limit: number): AsyncIterable<Buffer> {
  let taken = 0;
  // The request outlives a refusal of its body: it is still to be answered.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    taken += chunk.length;
    if (taken > limit) throw bodyTooLarge(limit);
    yield chunk;
  }
}

function wholeBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const chunks: Buffer[] = [];
  let taken = 0;
  const onData = (chunk: Buffer) => {
    taken += chunk.length;
    chunks.push(chunk);
    if (taken <= limit) return;
    request.off("data", onData);
    reject(bodyTooLarge(limit));
  };
  request.on("data", onData);
  request.once("end", () => resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)));
  request.once("error", (cause) => reject(malformedRequest.failure({ cause })));
  return promise;
}
