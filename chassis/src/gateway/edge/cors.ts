import { type Exchange, sendHead } from "./exchange.ts";

/** Cross-origin requests: what the gateway does before a request is read any further. */
export type Cors = {
  /**
   * Adds to whatever answer comes what lets the page of an allowed origin read it. When the browser only asks what it may send (a
   * preflight), it returns what answers that.
   */
  handle(exchange: Exchange): (() => void) | undefined;
};

const METHODS = "GET, HEAD, POST, PUT, DELETE";
const REQUEST_HEADERS = "authorization, content-type, idempotency-key, if-match, if-none-match, last-event-id, prefer";
const READABLE = "etag, location, ratelimit, ratelimit-policy, retry-after, www-authenticate, x-request-id";
const SECONDS = "7200";

/**
 * Lets pages of these origins (`https://shop.example`) use the gateway from a browser. Tokens travel in a header, so no credentials
 * of the browser are allowed. Throws for what is no origin, `*` among them.
 */
export function corsFor(origins: readonly string[]): Cors | undefined {
  if (origins.length === 0) return undefined;
  const wrong = origins.find((origin) => !URL.canParse(origin) || new URL(origin).origin !== origin);
  if (wrong !== undefined) throw new TypeError(`${wrong} is not an origin such as https://shop.example`);
  const allowed = new Set(origins);
  return {
    handle(exchange) {
      const { method, headers } = exchange.request;
      const { origin } = headers;
      exchange.headers.push("vary", "origin");
      if (origin === undefined || !allowed.has(origin)) return undefined;
      exchange.headers.push("access-control-allow-origin", origin, "access-control-expose-headers", READABLE);
      if (method !== "OPTIONS" || headers["access-control-request-method"] === undefined) return undefined;
      return () => answerPreflight(exchange);
    },
  };
}

function answerPreflight(exchange: Exchange): void {
  sendHead(exchange, 204, [
    ...["access-control-allow-methods", METHODS],
    ...["access-control-allow-headers", REQUEST_HEADERS],
    ...["access-control-max-age", SECONDS],
  ]);
  exchange.response.end();
}
