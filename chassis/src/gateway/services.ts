import type { ServerResponse } from "node:http";
import { Readable } from "node:stream";
import type { Discovery } from "../discovery/discovery.ts";
import { type Attempt, callInstances } from "./call-instances.ts";
import { collect, type WholeAnswer } from "./collect.ts";
import { type RelayOptions, relay } from "./relay.ts";
import type { Body } from "./upstream/connection.ts";
import type { UpstreamRequest } from "./upstream/request-head.ts";
import type { Upstreams } from "./upstreams.ts";

/** A request to a service, whichever of its instances gets it. */
export type ServiceRequest = {
  readonly service: string;
  readonly method: string;
  readonly path: string;
  /** All headers but the time that is left. */
  readonly headers: readonly string[];
  readonly body: Body;
  /** Milliseconds; 0 is without end. */
  readonly timeout: number;
  /** Whether a repeat is harmless. */
  readonly repeatable: boolean;
};

/** The services behind the gateway. Requests reject with the failure to answer with when there was no answer. */
export type Services = {
  /** Streams the answer to the client. */
  relay(request: ServiceRequest, response: ServerResponse, begin: RelayOptions["begin"]): Promise<void>;
  /** The whole answer, of at most `limit` bytes; given up when `client` leaves. */
  ask(request: ServiceRequest, limit: number, client?: ServerResponse): Promise<WholeAnswer>;
};

export function createServices(needs: {
  readonly discovery: Discovery;
  readonly upstreams: Upstreams;
  /** Aborted when answers without end have to end. */
  readonly stopping: AbortSignal;
}): Services {
  const { discovery, upstreams, stopping } = needs;

  const attempt = ({ service, timeout, repeatable, body }: ServiceRequest): Omit<Attempt<never>, "ask"> => ({
    origins: discovery.instances(service),
    timeout,
    repeatable,
    canResend: !(body instanceof Readable),
  });

  return {
    relay: (request, response, begin) =>
      callInstances({
        ...attempt(request),
        ask: (origin, timeout) =>
          relay(upstreams.to(origin, request.timeout === 0), sent(request, timeout), response, {
            timeout,
            stopping,
            begin,
          }),
      }),
    ask: (request, limit, client) =>
      callInstances({
        ...attempt(request),
        ask: (origin, timeout) =>
          collect(upstreams.to(origin, false), sent(request, timeout), { timeout, limit, client }),
      }),
  };
}

const sent = ({ method, path, headers, body }: ServiceRequest, timeout: number): UpstreamRequest => ({
  method,
  path,
  headers: timeout > 0 ? [...headers, "x-deadline-ms", String(timeout)] : headers,
  body,
});
