import { failureFrom } from "../core/failure/failure.ts";
import { after, type Soon } from "../core/soon.ts";
import { endsConnection } from "../http/malformed.ts";
import { headersFor, type RequestHeaders, readHeaders } from "../http/request-headers.ts";
import { takeNoMore } from "../http/server.ts";
import type { Log } from "../telemetry/log.ts";
import type { Admission } from "./admission/admission.ts";
import type { Cors } from "./edge/cors.ts";
import { type Exchange, sendFailure } from "./edge/exchange.ts";
import { readTarget, type Target } from "./edge/request-target.ts";
import type { createForward } from "./forwarding/forward.ts";
import type { Found, RouteTable } from "./route-table.ts";

/** What handling a request needs. */
export type HandleNeeds = {
  readonly table: RouteTable;
  readonly cors: Cors | undefined;
  readonly admission: Admission;
  readonly forward: ReturnType<typeof createForward>;
  readonly log: Log;
};

/** Never throws or rejects: what goes wrong becomes the answer. */
export function handle(exchange: Exchange, needs: HandleNeeds): void {
  try {
    const answered = answer(exchange, needs);
    if (answered instanceof Promise) answered.catch((error) => fail(exchange, needs, error));
  } catch (error) {
    fail(exchange, needs, error);
  }
}

function fail(exchange: Exchange, { log }: HandleNeeds, error: unknown): void {
  const failure = failureFrom(error);
  if (failure.status >= 500) {
    const { requestId, route } = exchange;
    log.warn({ err: failure.cause ?? failure, code: failure.code, requestId, route }, "a request failed");
  }
  sendFailure(exchange, failure);
}

type Read = Found & { readonly target: Target; readonly headers: RequestHeaders };

function answer(exchange: Exchange, needs: HandleNeeds): Soon<void> {
  let read: Read | (() => void);
  try {
    read = readRequest(exchange, needs);
  } catch (error) {
    if (endsConnection(failureFrom(error))) takeNoMore(exchange.request);
    return after(needs.admission.countStray(exchange), () => {
      throw error;
    });
  }
  if (typeof read === "function") return after(needs.admission.countStray(exchange), read);
  const { route, parameters, target, headers } = read;
  return after(needs.admission.admit(exchange, route, headers), () =>
    route.kind === "own" ? route.answer(exchange) : needs.forward({ exchange, route, parameters, target, headers }),
  );
}

/**
 * Reads what was asked for, or gives what answers a browser that only asks what it may send. Throws for what is not well-formed, whatever
 * it asks for, and for what there isn't.
 */
function readRequest(exchange: Exchange, { cors, table }: HandleNeeds): Read | (() => void) {
  const { request } = exchange;
  const all = readHeaders(request);
  const preflight = cors?.handle(exchange);
  if (preflight) return preflight;
  const target = readTarget(request.url as string);
  const { route, parameters } = table.find(request.method as string, target.path, (methods) =>
    exchange.headers.push("allow", methods),
  );
  exchange.route = route.template;
  return { route, parameters, target, headers: headersFor(all, route.headers) };
}
