import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { createCallees } from "../client/targets/callee.ts";
import type { Tracer } from "../context/tracer.ts";
import type { Contract } from "../contract/contract.ts";
import { descriptorLimit } from "../core/configuration/descriptor-limit.ts";
import type { LoadShedderOptions } from "../core/load/load-shedder.ts";
import type { Dial } from "../core/network/dial.ts";
import type { Discovery } from "../discovery/discovery.ts";
import type { Verify } from "../http/authenticate.ts";
import { clientAddresses, trustIn } from "../http/client-address.ts";
import { plainAddress } from "../http/ip-address.ts";
import { createHttpServer, drain, listenOn, listenOnInherited } from "../http/server.ts";
import type { TokenFor } from "../identity/tokens/service-token.ts";
import type { Log } from "../telemetry/log.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { createAdmission } from "./admission/admission.ts";
import { type BodyBudget, createBodyBudget } from "./admission/body-budget.ts";
import { defaultLimits, type Limits } from "./admission/limit.ts";
import type { LimitStore } from "./admission/limit-store.ts";
import { countOpenStreams, DEFAULT_STREAM_LIMIT } from "./admission/open-streams.ts";
import { createOverload, type Overload } from "./admission/overload.ts";
import { createWaitingRequests } from "./admission/waiting-requests.ts";
import { documentRoutes } from "./documents/documents.ts";
import { healthRoutes } from "./documents/health-routes.ts";
import type { Pages } from "./documents/pages.ts";
import { accessLog } from "./edge/access-log.ts";
import { boundConnections } from "./edge/bound-connections.ts";
import { type Capacity, capacityOf, placesOf } from "./edge/capacity.ts";
import { corsFor } from "./edge/cors.ts";
import { countExchanges } from "./edge/count-exchanges.ts";
import { beginExchange, type Exchange } from "./edge/exchange.ts";
import { createAnswers } from "./forwarding/answer.ts";
import { createForward } from "./forwarding/forward.ts";
import { recordExchange } from "./forwarding/gateway-spans.ts";
import { createServices, type Services } from "./forwarding/services.ts";
import { createUpstreams } from "./forwarding/upstreams.ts";
import { type HandleNeeds, handle } from "./handle-exchange.ts";
import { type Composition, withIncludes } from "./reads/composition.ts";
import { type RouteRules, withPublicPaths } from "./route-rule.ts";
import { createRouteTable, type OwnRoute } from "./route-table.ts";

export type GatewayOptions = {
  /** Title and version of the documents. */
  readonly title: string;
  readonly version: string;
  /** Whose calls are routed: all but the internal ones. */
  readonly contracts: readonly Contract[];
  /** What leads every path but the well-known ones. Default `/api`. */
  readonly prefix?: string;
  /** Folders of static files, and where they are. Default: none; where none is at `/`, a page there says where the interface is described. */
  readonly pages?: readonly Pages[];
  readonly discovery: Discovery;
  readonly verify: Verify;
  /** By its tokens services know the gateway, and believe it where a client who signs in is. Without: they believe nobody. */
  readonly tokenFor?: TokenFor;
  /** How services are reached. Default: without TLS. */
  readonly dial?: Dial | undefined;
  readonly log: Log;
  /** Counts requests by route and status. Default: nobody does. */
  readonly metrics?: Metrics;
  /** Decides which traces are recorded, and takes their spans. Default: none is. */
  readonly tracer?: Tracer;
  /** Default: 600 sign-ins and 60,000 other requests of an address, 30,000 of a user, in a minute. */
  readonly limits?: Limits;
  /** Where requests are counted. Default: in this process alone. Closed with the gateway. */
  readonly limitStore?: LimitStore;
  /** Answers without end that a user, or an address that is not signed in, may have open at once in this process. Default 64. */
  readonly streamLimit?: number;
  /** Files and connections that this process may have open; what clients may open follows from it. Default: what the system tells. */
  readonly descriptors?: number;
  /** The networks (CIDR) whose `X-Forwarded-For` is believed. Default: none. */
  readonly trustedProxies?: readonly string[];
  /** The origins whose pages may use the gateway from a browser. Default: none but its own. */
  readonly corsOrigins?: readonly string[];
  /** What is done differently for some calls. */
  readonly rules?: RouteRules;
  /** Answers that can have parts of other services' answers. */
  readonly compositions?: readonly Composition[];
  /** How many requests to one service may be under way. Default: as many as are answered in time, from 64 to 2,000. */
  readonly overload?: LoadShedderOptions;
  /** Milliseconds in which it still takes requests after it said that it is not ready: until callers have noticed. Default 0. */
  readonly drainNotice?: number;
  /** Milliseconds that requests under way get when the gateway stops. Default 6,000. */
  readonly drainTimeout?: number;
};

/** The edge of the system. */
export type Gateway = {
  /**
   * Begins to take requests; resolves with `http://host:port`. Port 0 takes a free one; with `fd` it takes them on the socket that it
   * inherited as this file descriptor.
   */
  listen(address: { host: string; port: number; fd?: number | undefined }): Promise<string>;
  /** Says that it is not ready, waits until that is noticed, ends streams, finishes what else is under way, takes nothing new. */
  close(): Promise<void>;
};

/** Requests of one user, or one address that is not signed in, that wait for what others do. */
const WAITS = 256;
/** Milliseconds that a client which shares our address with other processes has to use a connection once more. */
const LINGER = 2_000;

type Needs = HandleNeeds & { readonly bodies: BodyBudget };

/** Makes the gateway. Throws when two routes collide, a call does not say who may make it, or an option makes no sense. */
export function createGateway(options: GatewayOptions): Gateway {
  const { discovery, log, metrics, tracer, limitStore, drainTimeout = 6_000, drainNotice = 0 } = options;
  const draining = new AbortController();
  const stopping = new AbortController();
  const services = options.contracts.map(({ service }) => service);
  const upstreams = createUpstreams(
    (origin) => services.some((name) => discovery.instances(name).includes(origin)),
    options.tokenFor,
    options.dial,
  );
  const callees = createCallees({ discovery, log, metrics, random: Math.random });
  // They begin to be looked for now, not when the first client asks.
  for (const service of services) callees(service);
  const overload = createOverload(services, metrics, options.overload);
  const capacity = capacityOf(options.descriptors ?? descriptorLimit());
  const needs = needsOf(
    options,
    healthRoutes(options.prefix ?? "/api", services, {
      discovery,
      upstreams,
      stopping: draining.signal,
      ready: () => !draining.signal.aborted && !overload.stalledLately(),
    }),
    {
      services: createServices({ upstreams, stopping: stopping.signal, callees, waited: overload.waited }),
      overload,
      capacity,
    },
  );
  const addressOf = clientAddresses(options.trustedProxies ?? []);
  const logExchange = accessLog(log);
  const countExchange = metrics ? countExchanges(metrics) : () => {};
  const isProxy = trustIn(options.trustedProxies ?? []);
  const isStopping = () => draining.signal.aborted;
  const server = createHttpServer((request: IncomingMessage, response: ServerResponse, awaitsContinue) => {
    const exchange = beginExchange(request, response, addressOf(request), isStopping, tracer);
    exchange.awaitsContinue = awaitsContinue;
    response.on("close", () => {
      chargeBody(exchange, needs.bodies);
      logExchange(exchange);
      countExchange(exchange);
      recordExchange(exchange);
    });
    handle(exchange, needs);
  });
  boundConnections(server, capacity.connections, ({ remoteAddress = "" }) => isProxy(plainAddress(remoteAddress)));

  return {
    listen: ({ host, port, fd }) =>
      fd === undefined ? listenOn(server, host, port) : listenOnInherited(server, host, fd),
    async close() {
      draining.abort();
      if (server.listening) await delay(drainNotice);
      stopping.abort();
      await drain(server, drainTimeout, drainNotice > 0 ? LINGER : 0);
      upstreams.close();
      overload.close();
      await limitStore?.close();
    },
  };
}

function needsOf(
  options: GatewayOptions,
  health: OwnRoute[],
  { services, overload, capacity }: { services: Services; overload: Overload; capacity: Capacity },
): Needs {
  const { contracts, prefix = "/api", rules = {}, compositions = [], limits = defaultLimits, verify, log } = options;
  const bodies = createBodyBudget(limits.refusedBytes);
  const streams = countOpenStreams(placesOf(options.streamLimit ?? DEFAULT_STREAM_LIMIT, capacity), options.metrics);
  const documented = withPublicPaths(withIncludes(contracts, compositions), rules);
  const own = [...health, ...documentRoutes({ ...options, contracts: documented, prefix })];
  return {
    table: createRouteTable({ contracts, prefix, rules, compositions }, own),
    cors: corsFor(options.corsOrigins ?? []),
    admission: createAdmission({ limits, verify, streams, bodies, store: options.limitStore }),
    bodies,
    forward: createForward({
      services,
      answers: createAnswers(prefix),
      tokenFor: options.tokenFor,
      overload,
      waits: createWaitingRequests(placesOf(WAITS, capacity), options.metrics),
    }),
    log,
  };
}

/** What a body costs that turned out to be no good. */
function chargeBody({ sender, bodyCost, response }: Exchange, bodies: BodyBudget): void {
  if (sender !== undefined && bodyCost > 0 && BAD_INPUT.has(response.statusCode)) bodies.spend(sender, bodyCost);
}

const BAD_INPUT: ReadonlySet<number> = new Set([400, 413, 415, 422]);
