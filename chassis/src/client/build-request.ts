import { type Call, parameterNames } from "../contract/call.ts";
import { isWaiting } from "../contract/prefer.ts";
import { invalidInput } from "../core/failure/failure.ts";
import { canMultiplex } from "./transports/multiplex/can-multiplex.ts";

/** A call's input, as the client gets it whatever the contract. */
export type AnyInput = {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
  readonly key?: string;
};

/** The part of a request that is the same for every attempt. */
export type OutgoingRequest = {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly body: string | undefined;
  /** As `[name, value, …]`. */
  readonly headers: readonly string[];
  /** Whether it may share a connection with others at the same time. */
  readonly canMultiplex: boolean;
  /** Its answer waits for what others do. */
  readonly idle?: boolean;
};

/** Makes requests of one call. Throws `invalid_input` for path parameters that no path can carry. */
export function requestBuilder(call: Call): (input: AnyInput) => OutgoingRequest {
  const names = parameterNames(call.path);
  const multiplex = canMultiplex(call);
  const idle = isWaiting(call, undefined);
  return ({ params = {}, query, body, key }) => {
    let path = call.path;
    for (const name of names) path = path.replace(`{${name}}`, () => pathSegment(name, params[name]));
    const headers = ["accept", "application/json, application/problem+json"];
    if (body !== undefined) headers.push("content-type", "application/json");
    if (key !== undefined) headers.push("idempotency-key", key);
    return {
      method: call.method,
      path: path + queryString(query),
      body: body === undefined ? undefined : JSON.stringify(body),
      headers,
      canMultiplex: multiplex,
      idle,
    };
  };
}

/** Dots alone would be another path (RFC 3986, 5.2.4), even escaped. */
function pathSegment(name: string, value: string | undefined): string {
  if (value === undefined || value === "" || value === "." || value === ".." || !value.isWellFormed()) {
    throw invalidInput.failure({ errors: [{ path: `/params/${name}`, message: "can't be part of a path" }] });
  }
  return encodeURIComponent(value);
}

function queryString(query: Readonly<Record<string, unknown>> | undefined): string {
  if (query === undefined) return "";
  const pairs = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== undefined) pairs.append(name, String(one));
    }
  }
  return pairs.size > 0 ? `?${pairs}` : "";
}
