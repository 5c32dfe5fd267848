import { Readable } from "node:stream";
import { unavailable } from "../core/failure.ts";
import type { Discovery } from "../discovery/discovery.ts";
import type { TokenFor } from "../identity/service-token.ts";
import { formatTraceparent } from "../telemetry/trace-context.ts";
import { type Exchange, sendHead } from "./exchange.ts";
import { type Fault, type Outcome, relay } from "./relay.ts";
import { type Body, takeBody } from "./request-body.ts";
import type { RequestHeaders } from "./request-headers.ts";
import type { Target } from "./request-target.ts";
import { cleanResponseHeaders } from "./response-headers.ts";
import type { CallRoute } from "./route-table.ts";
import type { Upstreams } from "./upstreams.ts";

export type ForwardNeeds = {
  readonly discovery: Discovery;
  readonly upstreams: Upstreams;
  readonly prefix: string;
  readonly tokenFor: TokenFor | undefined;
  /** Aborted when answers without end have to end. */
  readonly stopping: AbortSignal;
};

/** Sends an exchange on to a service and its answer back. Throws the failure to answer with when there was no answer. */
export type Forward = (exchange: Exchange, route: CallRoute, target: Target, headers: RequestHeaders) => Promise<void>;

/**
 * Forwards to a random instance. When it can't be reached, nothing was sent, and another one is asked. When the connection broke
 * before an answer came, the request is sent once more only if a repeat is harmless.
 */
export function createForward({ discovery, upstreams, prefix, tokenFor, stopping }: ForwardNeeds): Forward {
  return async (exchange, route, target, headers) => {
    const body = await takeBody(exchange, headers, route.bodyLimit);
    const voucher = route.limit === "sign-in" ? await tokenFor?.(route.service) : undefined;
    const endsAt = performance.now() + route.timeout;
    const path = target.path.slice(route.prefixLength) + target.query;
    const attempt = (origin: string, timeout: number): Promise<Outcome> =>
      relay(
        upstreams.to(origin, route.timeout === 0),
        {
          method: exchange.request.method as string,
          path,
          headers: ownHeaders(exchange, headers, { timeout, voucher }),
          body,
        },
        exchange.response,
        {
          timeout,
          stopping,
          begin: (status, received) => sendHead(exchange, status, cleanResponseHeaders(received, prefix)),
        },
      );

    const origins = discovery.instances(route.service);
    const first = anyOf(origins);
    if (first === undefined) throw unavailable.failure({ retryAfter: 1 });
    let outcome = await attempt(first, route.timeout);
    if (outcome !== "answered" && mayRepeat(outcome.fault, route, headers, body)) {
      const next = anyOf(origins.filter((origin) => origin !== first)) ?? first;
      const timeLeft = route.timeout === 0 ? 0 : Math.floor(endsAt - performance.now());
      if (route.timeout === 0 || timeLeft > 0) outcome = await attempt(next, timeLeft);
    }
    if (outcome !== "answered") throw outcome.failure;
  };
}

const anyOf = (origins: readonly string[]): string | undefined => origins[Math.floor(Math.random() * origins.length)];

function mayRepeat(fault: Fault, { repeatable }: CallRoute, { hasKey }: RequestHeaders, body: Body): boolean {
  if (fault === "final" || body instanceof Readable) return false;
  if (fault === "unreachable") return true;
  return repeatable === "always" || (repeatable === "with key" && hasKey);
}

/**
 * What goes on of the client's headers, and what the gateway alone says. With the voucher the service believes where the client is.
 */
function ownHeaders(
  { request, requestId, trace }: Exchange,
  { forwarded }: RequestHeaders,
  { timeout, voucher }: { timeout: number; voucher: string | undefined },
): string[] {
  const headers = [...forwarded, "x-request-id", requestId, "traceparent", formatTraceparent(trace)];
  if (request.socket.remoteAddress) headers.push("x-forwarded-for", request.socket.remoteAddress);
  if (voucher !== undefined) headers.push("x-forwarded-by", voucher);
  if (timeout > 0) headers.push("x-deadline-ms", String(timeout));
  return headers;
}
