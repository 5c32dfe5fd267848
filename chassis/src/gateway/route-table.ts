import createRouter from "find-my-way";
import { type Access, isIdempotent } from "../contract/call.ts";
import type { Contract } from "../contract/contract.ts";
import { publicCalls } from "../contract/public-path.ts";
import { methodNotAllowed, notFound } from "../core/failure.ts";
import type { Exchange } from "./exchange.ts";
import type { LimitClass } from "./limit.ts";
import { forwardedNames } from "./request-headers.ts";

/** A route to a service's call. */
export type CallRoute = {
  readonly kind: "call";
  /** The path as the contract writes it, behind the prefix: `/api/orders/{id}`. */
  readonly template: string;
  readonly service: string;
  readonly access: Access;
  readonly limit: LimitClass;
  readonly bodyLimit: number;
  /** Milliseconds; 0 is without end. */
  readonly timeout: number;
  readonly headers: ReadonlySet<string>;
  /** How many characters of the public path are the prefix. */
  readonly prefixLength: number;
  /** Whether a repeat is harmless without a key; with one, whether the call honours it. */
  readonly repeatable: "always" | "with key" | "never";
};

/** A route that the gateway answers itself. */
export type OwnRoute = {
  readonly kind: "own";
  readonly template: string;
  readonly access: "public";
  /** Without: it is not limited. */
  readonly limit: LimitClass | undefined;
  readonly headers: ReadonlySet<string>;
  answer(exchange: Exchange): Promise<void> | void;
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

/** Finds routes. `find` throws `not_found`, or `method_not_allowed` after it has set `Allow` by `allow`. */
export type RouteTable = { find(method: string, path: string, allow: (methods: string) => void): Route };

const DEFAULT_BODY_LIMIT = 64 * 1024;
const DEFAULT_TIMEOUT = 10_000;
const METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE"] as const;
type Method = (typeof METHODS)[number];

/**
 * Makes the table of all public calls and the gateway's own pages. `GET` routes answer `HEAD` too, unless they have no end.
 * Throws when two routes collide or a call does not say who may make it.
 */
export function createRouteTable(contracts: readonly Contract[], prefix: string, own: readonly OwnRoute[]): RouteTable {
  const router = createRouter({ caseSensitive: true, ignoreTrailingSlash: false, maxParamLength: 200 });
  const add = (method: Method, route: Route) =>
    router.on(method, route.template.replace(/\{(\w+)\}/g, ":$1"), () => {}, route);
  for (const publicCall of publicCalls(contracts, prefix)) {
    const route = callRoute(publicCall);
    add(publicCall.call.method, route);
    if (publicCall.call.method === "GET" && route.timeout > 0) add("HEAD", route);
  }
  for (const route of own) for (const method of ["GET", "HEAD"] as const) add(method, route);
  router.compile();
  return {
    find(method, path, allow) {
      const found = router.find(method as Method, path);
      if (found) return found.store as Route;
      const others = METHODS.filter((other) => router.find(other, path));
      if (others.length === 0) throw notFound.failure();
      allow(others.join(", "));
      throw methodNotAllowed.failure();
    },
  };
}

function callRoute({ service, call, path }: ReturnType<typeof publicCalls>[number]): CallRoute {
  const { access, headers, bodyLimit, timeout, idempotencyKey } = call.shape;
  if (!access) throw new Error(`${call.method} ${call.path} of ${service} does not say who may call it`);
  return {
    kind: "call",
    template: path,
    service,
    access,
    limit: access === "public" && call.path.startsWith("/auth/") ? "sign-in" : "caller",
    bodyLimit: bodyLimit ?? DEFAULT_BODY_LIMIT,
    timeout: timeout ?? DEFAULT_TIMEOUT,
    headers: forwardedNames(Object.keys(headers?.properties ?? {}), idempotencyKey !== undefined),
    prefixLength: path.length - call.path.length,
    repeatable: isIdempotent(call) ? "always" : idempotencyKey ? "with key" : "never",
  };
}
