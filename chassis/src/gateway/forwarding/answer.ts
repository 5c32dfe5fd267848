import type { Writable } from "node:stream";
import { atEndOfTurn } from "../../client/transports/http/end-of-turn.ts";
import { headerOf, type RawHeaders } from "../../client/transports/http/response-head.ts";
import { type Exchange, sendHead } from "../edge/exchange.ts";
import { acceptsGzip, compressed, compressedHeaders, compressInto, isCompressible } from "../reads/compression.ts";
import { isKnown } from "../reads/entity-tag.ts";
import type { CallRoute } from "../route-table.ts";
import type { WholeAnswer } from "./collect.ts";
import { cleanResponseHeaders } from "./response-headers.ts";

/** Sends what services answer on to clients. */
export type Answers = {
  /** Sends the head; what it returns takes the body. */
  begin(exchange: Exchange, route: CallRoute, status: number, received: RawHeaders): Writable;
  /** Sends a whole answer, or `304` when the client has it already. */
  send(exchange: Exchange, route: CallRoute, answer: WholeAnswer): Promise<void>;
};

/** Answers with cleaned headers, compressed where the route allows and the client wants it. */
export function createAnswers(prefix: string): Answers {
  function publicHeaders(exchange: Exchange, { compress, rule }: CallRoute, received: RawHeaders): RawHeaders {
    if (compress) exchange.headers.push("vary", "accept-encoding");
    const clean = cleanResponseHeaders(received, prefix);
    return rule.response?.headers ? rule.response.headers(clean) : clean;
  }

  return {
    begin(exchange, route, status, received) {
      const headers = publicHeaders(exchange, route, received);
      if (!route.compress || !isCompressed(exchange, status, headers)) {
        sendHead(exchange, status, headers);
        return exchange.response;
      }
      sendHead(exchange, status, compressedHeaders(headers));
      return compressInto(exchange.response);
    },
    async send(exchange, route, { status, headers: received, body }) {
      const headers = withLength(publicHeaders(exchange, route, received), body.length);
      const { response, request } = exchange;
      if (status === 200 && isKnown(request.headers["if-none-match"], headerOf(headers, "etag"))) {
        sendHead(exchange, 304, without(headers, ["content-length", "content-type"]));
        response.end();
        return;
      }
      const small = route.compress && isCompressed(exchange, status, headers) ? await compressed(body) : undefined;
      sendHead(exchange, status, small ? compressedHeaders(headers, small.length) : headers);
      atEndOfTurn(() => response.end(small ?? body));
    },
  };
}

const isCompressed = ({ request }: Exchange, status: number, headers: RawHeaders): boolean =>
  request.method === "GET" && acceptsGzip(request.headers["accept-encoding"]) && isCompressible(status, headers);

const withLength = (headers: RawHeaders, length: number): string[] => [
  ...without(headers, ["content-length"]),
  "content-length",
  String(length),
];

const without = (headers: RawHeaders, names: readonly string[]): string[] =>
  headers.filter((_, at) => !names.includes(headers[at - (at % 2)] as string));
