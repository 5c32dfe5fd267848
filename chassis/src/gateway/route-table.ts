import createRouter from "find-my-way";
import { slowAfterOf } from "../client/targets/slow-after.ts";
import { type Access, type Call, isIdempotent } from "../contract/call.ts";
import type { Contract } from "../contract/contract.ts";
import { publicCalls } from "../contract/public-path.ts";
import { methodNotAllowed, notFound } from "../core/failure/failure.ts";
import type { Priority } from "../core/load/load-shedder.ts";
import type { Soon } from "../core/soon.ts";
import { forwardedNames } from "../http/request-headers.ts";
import type { LimitClass } from "./admission/limit.ts";
import type { Exchange } from "./edge/exchange.ts";
import { type Composition, includesOf } from "./reads/composition.ts";
import { assertRules, type RouteRule, type RouteRules, withPublicPaths } from "./route-rule.ts";

/** A route to a service's call. */
export type CallRoute = {
  readonly kind: "call";
  readonly call: Call;
  /** The path as the world writes it, behind the prefix: `/api/orders/{id}`. */
  readonly template: string;
  readonly method: Call["method"];
  readonly service: string;
  readonly access: Access;
  readonly limit: LimitClass;
  /** What it is worth when not all can be served. */
  readonly priority: Priority;
  readonly bodyLimit: number;
  /** Milliseconds; 0 is without end. */
  readonly timeout: number;
  /** Milliseconds after which the service counts as slow. */
  readonly slowAfter: number;
  readonly headers: ReadonlySet<string>;
  /** How many characters of the public path are the prefix. */
  readonly prefixLength: number;
  /** The service's own path when it is another than the public one. */
  readonly servicePath: string | undefined;
  /** Whether a repeat is harmless without a key; with one, whether the call honours it. */
  readonly repeatable: "always" | "with key" | "never";
  /** Seconds that a shared answer may be old; undefined when answers are not shared. */
  readonly cache: number | undefined;
  /** Whether answers may be compressed. Only where they hold no secret: their length would tell of it (BREACH). */
  readonly compress: boolean;
  readonly rule: RouteRule;
  readonly includes: Composition["includes"] | undefined;
};

/** A route that the gateway answers itself. */
export type OwnRoute = {
  readonly kind: "own";
  readonly template: string;
  readonly access: "public";
  /** Without: it is not limited. */
  readonly limit: LimitClass | undefined;
  readonly headers: ReadonlySet<string>;
  answer(exchange: Exchange): Soon<void>;
};

/** Writes an own route down. */
export const ownRoute = (template: string, limit: LimitClass | undefined, answer: OwnRoute["answer"]): OwnRoute => ({
  kind: "own",
  template,
  access: "public",
  limit,
  headers: forwardedNames([], false),
  answer,
});

export type Route = CallRoute | OwnRoute;

/** A route, and the parameters in its path. */
export type Found = { readonly route: Route; readonly parameters: Readonly<Record<string, string | undefined>> };

/** Finds routes. `find` throws `not_found`, or `method_not_allowed` after it has set `Allow` by `allow`. */
export type RouteTable = { find(method: string, path: string, allow: (methods: string) => void): Found };

/** What routes are made of besides the gateway's own. */
export type RouteSources = {
  readonly contracts: readonly Contract[];
  readonly prefix: string;
  readonly rules?: RouteRules;
  readonly compositions?: readonly Composition[];
};

const DEFAULT_BODY_LIMIT = 64 * 1024;
const DEFAULT_TIMEOUT = 10_000;
const METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE"] as const;
type Method = (typeof METHODS)[number];

/**
 * Makes the table of all public calls and the gateway's own pages. `GET` routes answer `HEAD` too, unless they have no end.
 * Throws when two routes collide, a call does not say who may make it, or a rule or composition does not fit its call.
 */
export function createRouteTable(sources: RouteSources, own: readonly OwnRoute[]): RouteTable {
  const { contracts, prefix, rules = {} } = sources;
  const router = createRouter({ caseSensitive: true, ignoreTrailingSlash: false, maxParamLength: 200 });
  // A path that is a call's own is no parameter of another call, whatever the method.
  const literals = new Map<string, Method[]>();
  const add = (method: Method, route: Route) => {
    router.on(method, route.template.replace(/\{(\w+)\}/g, ":$1"), () => {}, route);
    if (route.template.includes("{")) return;
    literals.set(route.template, [...(literals.get(route.template) ?? []), method]);
  };
  assertRules(rules, contracts);
  for (const publicCall of publicCalls(withPublicPaths(contracts, rules), prefix)) {
    const route = callRoute(publicCall, sources);
    add(route.method, route);
    if (route.method === "GET" && route.timeout > 0) add("HEAD", route);
  }
  for (const route of own) for (const method of ["GET", "HEAD"] as const) add(method, route);
  router.compile();
  return {
    find(method, path, allow) {
      const own = literals.get(path);
      const found = own && !own.includes(method as Method) ? null : router.find(method as Method, path);
      if (found) return { route: found.store as Route, parameters: found.params };
      const others = own ?? METHODS.filter((other) => router.find(other, path));
      if (others.length === 0) throw notFound.failure();
      allow(others.join(", "));
      throw methodNotAllowed.failure();
    },
  };
}

function callRoute(
  { name, service, call, path }: ReturnType<typeof publicCalls>[number],
  { contracts, rules = {}, compositions = [] }: RouteSources,
): CallRoute {
  const { access, headers, bodyLimit, timeout = DEFAULT_TIMEOUT, idempotencyKey, cache, priority, limit } = call.shape;
  if (!access) throw new Error(`${call.method} ${call.path} of ${service} does not say who may call it`);
  const reads = call.method === "GET" && timeout > 0;
  if (cache !== undefined && !(reads && access === "public")) {
    throw new Error(`${call.method} ${call.path} of ${service} can't be shared: only public reads can`);
  }
  const rule = rules[`${service}.${name}`] ?? {};
  const servicePath = contracts.find((contract) => contract.service === service)?.calls[name]?.path;
  const signsIn = access === "public" && call.path.startsWith("/auth/");
  return {
    kind: "call",
    call,
    template: path,
    method: call.method,
    service,
    access,
    limit: signsIn ? "sign-in" : (limit ?? "caller"),
    priority: priority ?? "normal",
    bodyLimit: rule.bodyLimit ?? bodyLimit ?? DEFAULT_BODY_LIMIT,
    timeout,
    slowAfter: slowAfterOf(call),
    headers: forwardedNames(Object.keys(headers?.properties ?? {}), idempotencyKey !== undefined),
    prefixLength: path.length - call.path.length,
    servicePath: rule.path === undefined ? undefined : servicePath,
    repeatable: isIdempotent(call) ? "always" : idempotencyKey ? "with key" : "never",
    cache,
    compress: reads && access === "public" && !signsIn,
    rule,
    includes: includesOf(compositions, service, name),
  };
}
