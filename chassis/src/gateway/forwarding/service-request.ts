import type { Body } from "../../client/transports/http/connection.ts";
import type { RawHeaders } from "../../client/transports/http/response-head.ts";
import { formatTraceparent } from "../../context/trace-context.ts";
import { parameterNames } from "../../contract/call.ts";
import type { Soon } from "../../core/soon.ts";
import type { RequestHeaders } from "../../http/request-headers.ts";
import { callerOf, type Exchange } from "../edge/exchange.ts";
import type { Target } from "../edge/request-target.ts";
import type { CallRoute, Found } from "../route-table.ts";
import type { Traced } from "./gateway-spans.ts";
import type { ServiceRequest } from "./services.ts";

/** A request that is let in, with where it goes. */
export type Admitted = {
  readonly exchange: Exchange;
  readonly route: CallRoute;
  readonly parameters: Found["parameters"];
  readonly target: Target;
  readonly headers: RequestHeaders;
  readonly body: Body;
  /** It waits for what others do: it takes no place of those that are worked on. */
  readonly idle: boolean;
};

/** Sends a request on to its service and the answer back. Fails with what to answer when there was no answer. */
export type Forward = (admitted: Admitted) => Soon<void>;

/** The service's path for a public one: without the prefix, or rewritten as the route's rule says. */
export function servicePathOf(
  { prefixLength, servicePath }: CallRoute,
  { path }: Target,
  parameters: Found["parameters"],
) {
  if (servicePath === undefined) return path.slice(prefixLength);
  return parameterNames(servicePath).reduce(
    (filled, name) => filled.replace(`{${name}}`, encodeURIComponent(parameters[name] ?? "")),
    servicePath,
  );
}

/** The request to the service: what goes on of the client's headers, and what the gateway alone says. */
export function serviceRequest(
  exchange: Exchange,
  route: CallRoute,
  { path, headers, body, idle = false }: { path: string; headers: RequestHeaders; body: Body; idle?: boolean },
): ServiceRequest {
  const { rule, service, timeout, slowAfter, repeatable, call } = route;
  const forwarded = rule.request?.headers ? rule.request.headers(headers.forwarded) : headers.forwarded;
  return {
    service,
    method: exchange.request.method as string,
    path,
    headers: withOwn(exchange, forwarded),
    body,
    idle,
    caller: callerOf(exchange),
    timeout,
    slowAfter,
    repeatable: repeatable === "always" || (repeatable === "with key" && headers.hasKey),
    call,
    traced: tracedOf(exchange, route),
  };
}

function tracedOf({ record, trace }: Exchange, { method, template, prefixLength }: CallRoute): Traced | undefined {
  return record && { record, trace, name: `${method} ${template.slice(prefixLength)}` };
}

/** Headers with what the gateway alone says to services. */
export const withOwn = ({ requestId, trace, clientAddress }: Exchange, forwarded: RawHeaders): string[] => [
  ...forwarded,
  "x-request-id",
  requestId,
  "traceparent",
  formatTraceparent(trace),
  "x-forwarded-for",
  clientAddress,
];
