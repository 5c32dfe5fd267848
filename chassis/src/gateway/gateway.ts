import type { IncomingMessage, ServerResponse } from "node:http";
import type { Contract } from "../contract/contract.ts";
import { failureFrom } from "../core/failure.ts";
import type { Discovery } from "../discovery/discovery.ts";
import type { TokenFor } from "../identity/service-token.ts";
import type { Log } from "../telemetry/log.ts";
import { logExchange } from "./access-log.ts";
import { type Admit, createAdmission } from "./admission.ts";
import type { Verify } from "./authenticate.ts";
import { documentRoutes } from "./documents.ts";
import { beginExchange, type Exchange, sendFailure } from "./exchange.ts";
import { createForward, type Forward } from "./forward.ts";
import { healthRoutes } from "./health-routes.ts";
import { defaultLimits, type Limits } from "./limit.ts";
import { readHeaders } from "./request-headers.ts";
import { readTarget } from "./request-target.ts";
import { createRouteTable, type RouteTable } from "./route-table.ts";
import { createHttpServer, drain, listenOn } from "./server.ts";
import { createUpstreams } from "./upstreams.ts";

export type GatewayOptions = {
  /** Title and version of the documents. */
  readonly title: string;
  readonly version: string;
  /** Whose calls are routed: all but the internal ones. */
  readonly contracts: readonly Contract[];
  /** What leads every path but the well-known ones. Default `/api`. */
  readonly prefix?: string;
  readonly discovery: Discovery;
  readonly verify: Verify;
  /** By its tokens services know the gateway, and believe it where a client who signs in is. Without: they believe nobody. */
  readonly tokenFor?: TokenFor;
  readonly log: Log;
  /** Default: 600 sign-ins and 60,000 other requests of an address, 30,000 of a user, in a minute. */
  readonly limits?: Limits;
  /** Milliseconds that requests under way get when the gateway stops. Default 8,000. */
  readonly drainTimeout?: number;
};

/** The edge of the system. */
export type Gateway = {
  /** Begins to take requests; resolves with `http://host:port`. Port 0 takes a free one. */
  listen(address: { host: string; port: number }): Promise<string>;
  /** Ends streams, finishes what else is under way, takes nothing new. */
  close(): Promise<void>;
};

/** What handling a request needs. */
type Needs = {
  readonly table: RouteTable;
  readonly admit: Admit;
  readonly forward: Forward;
  readonly log: Log;
};

/** Makes the gateway. Throws when two routes collide or a call does not say who may make it. */
export function createGateway(options: GatewayOptions): Gateway {
  const { contracts, prefix = "/api", discovery, verify, log, limits = defaultLimits, drainTimeout = 8_000 } = options;
  const stopping = new AbortController();
  const services = contracts.map(({ service }) => service);
  const upstreams = createUpstreams((origin) => services.some((name) => discovery.instances(name).includes(origin)));
  const own = [
    ...healthRoutes(prefix, services, { discovery, upstreams, stopping: stopping.signal }),
    ...documentRoutes({ ...options, prefix }),
  ];
  const needs: Needs = {
    table: createRouteTable(contracts, prefix, own),
    admit: createAdmission(limits, verify),
    forward: createForward({ discovery, upstreams, prefix, tokenFor: options.tokenFor, stopping: stopping.signal }),
    log,
  };
  const isStopping = () => stopping.signal.aborted;
  const server = createHttpServer((request: IncomingMessage, response: ServerResponse, awaitsContinue) => {
    const exchange = beginExchange(request, response, isStopping);
    exchange.awaitsContinue = awaitsContinue;
    response.on("close", () => logExchange(log, exchange));
    void handle(exchange, needs);
  });

  return {
    listen: ({ host, port }) => listenOn(server, host, port),
    async close() {
      stopping.abort();
      await drain(server, drainTimeout);
      upstreams.close();
    },
  };
}

/** Never rejects: what goes wrong becomes the answer. */
async function handle(exchange: Exchange, needs: Needs): Promise<void> {
  try {
    await answer(exchange, needs);
  } catch (error) {
    const failure = failureFrom(error);
    if (failure.status >= 500) {
      const { requestId, route } = exchange;
      needs.log.warn({ err: failure.cause ?? failure, code: failure.code, requestId, route }, "a request failed");
    }
    sendFailure(exchange, failure);
  }
}

async function answer(exchange: Exchange, needs: Needs): Promise<void> {
  const { request } = exchange;
  const target = readTarget(request.url as string);
  const route = needs.table.find(request.method as string, target.path, (methods) =>
    exchange.headers.push("allow", methods),
  );
  exchange.route = route.template;
  const headers = readHeaders(request.rawHeaders, route.headers);
  await needs.admit(exchange, route, headers);
  if (route.kind === "own") await route.answer(exchange);
  else await needs.forward(exchange, route, target, headers);
}
