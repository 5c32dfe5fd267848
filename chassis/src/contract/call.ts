import type { Static, TObject, TSchema } from "typebox";
import type { FailureDefinition } from "../core/failure/failure.ts";

export type Method = "GET" | "POST" | "PUT" | "DELETE";

/** A method and a path, with parameters in braces: `GET /orders/{id}`. */
export type Route = `${Method} /${string}`;

/**
 * Who may make a call. `public`: anybody. `customer`: any signed-in user (the handler checks ownership).
 * `admin`: users with the role admin. `internal`: other services only; the gateway does not route it.
 */
export type Access = "public" | "customer" | "admin" | "internal";

/** A call as it is written down in a contract. */
export type CallShape = {
  access: Access;
  /** What it does, for the documents. Default: the name of the call, in words. */
  summary?: string;
  /** Whether an `Idempotency-Key` header is needed (`required`) or honoured (`optional`). Without: the call has none. */
  idempotencyKey?: "required" | "optional";
  /** Schemas of path parameters that are more than an id. */
  params?: TObject;
  query?: TObject;
  /** The request headers the handler reads, in lower case. */
  headers?: TObject;
  body?: TObject;
  /** Success replies by status; `null` stands for an empty body. */
  replies: Record<number, TSchema | null>;
  /** The expected refusals besides invalid input and missing rights. */
  refuses?: readonly FailureDefinition[];
  /** The largest body in bytes. Default 64 KiB. */
  bodyLimit?: number;
  /**
   * For public reads: the gateway answers many readers with one answer that is at most so many seconds old. With 0 no answer is
   * older than the question: those who ask at the same time share one question to the service. Who asks makes no difference.
   */
  cache?: number;
  /**
   * `high`: refused last when the service has too much to do. For what is only asked again when it is refused, such as webhooks; the
   * calls of sagas are so by themselves.
   */
  priority?: "high";
  /**
   * `fresh`: the caller's session is looked up before the call is handled, and the call is refused when that can't be done. For what spends money;
   * administrators' calls that change something are so by themselves. Without: a session that ended is known within 5 seconds.
   */
  session?: "fresh";
  /**
   * `sign-in`: the gateway limits it as strictly as signing in, and vouches for where the client is. For what verifies or hashes passwords; public
   * calls below `/auth/` are so by themselves.
   */
  limit?: "sign-in";
  /** Milliseconds after which callers count it as slow, and so spare the service. Default 1,000. */
  slowAfter?: number;
  /**
   * For calls whose answers wait for something that others do: `preferred` when the request says so (`Prefer: wait=N`, RFC 7240), `always` for
   * long polls. Requests that wait take no place of those that are worked on; their handler waits by `Request.wait`.
   */
  waits?: "preferred" | "always";
  /** Milliseconds the service takes at most. Default 10,000; 0 for answers without end. */
  timeout?: number;
};

/** The TypeScript side of a call. */
export type CallTypes = {
  params: unknown;
  query: unknown;
  headers: unknown;
  body: unknown;
  reply: unknown;
  /** The codes of its expected refusals. */
  refuses?: string;
};

/** A call of a contract: data only. Types, validation, client, routes and documents follow from it. */
export type Call<Types extends CallTypes = CallTypes> = {
  readonly method: Method;
  readonly path: string;
  readonly shape: CallShape;
  /** Carries the types; never there at run time. */
  readonly "~types"?: Types;
};

type ParameterNames<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? Name | ParameterNames<Rest>
  : never;
type StaticOf<Schema, Otherwise> = Schema extends TSchema ? Static<Schema> : Otherwise;
type ReplyOf<Replies> = { [Status in keyof Replies]: StaticOf<Replies[Status], undefined> }[keyof Replies];

/** The types that follow from a route and a shape. */
export type TypesOf<R extends Route, Shape extends CallShape> = {
  params: Record<ParameterNames<R>, string>;
  query: StaticOf<Shape["query"], Record<never, never>>;
  headers: StaticOf<Shape["headers"], Record<never, never>>;
  body: StaticOf<Shape["body"], undefined>;
  reply: ReplyOf<Shape["replies"]>;
  refuses?: Shape["refuses"] extends readonly FailureDefinition<infer Code>[] ? Code : never;
};

/** Writes a call down. */
export function call<const R extends Route, const Shape extends CallShape>(
  route: R,
  shape: Shape,
): Call<TypesOf<R, Shape>> {
  const [method, path] = route.split(" ") as [Method, string];
  return { method, path, shape };
}

/** How a call is found again: its method and path, `GET /orders/{id}`. */
export const routeOf = ({ method, path }: Pick<Call, "method" | "path">): Route => `${method} ${path}` as Route;

/** The names of the parameters in a path such as `/orders/{id}`. */
export function parameterNames(path: string): string[] {
  return Array.from(path.matchAll(/\{(\w+)\}/g), (match) => match[1] as string);
}

/** Whether the caller's session has to be looked up for each such call, not only now and then. */
export const needsFreshSession = ({ method, shape: { session, access } }: Call): boolean =>
  session === "fresh" || (access === "admin" && method !== "GET");

/** Whether repeating the call is harmless without a key: reading, and writing a whole resource or removing it. */
export const isIdempotent = (call: Call): boolean => call.method !== "POST";
