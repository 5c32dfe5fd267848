import type { ServerResponse } from "node:http";
import { Readable } from "node:stream";
import type { Callees } from "../../client/targets/callee.ts";
import type { Body } from "../../client/transports/http/connection.ts";
import type { UpstreamRequest } from "../../client/transports/http/request-head.ts";
import { canMultiplex, isSmall } from "../../client/transports/multiplex/can-multiplex.ts";
import type { Call } from "../../contract/call.ts";
import { type Attempt, callInstances } from "./call-instances.ts";
import { collect, type WholeAnswer } from "./collect.ts";
import { beginUpstreamSpan, type Traced, tellStatus } from "./gateway-spans.ts";
import { type RelayOptions, relay } from "./relay.ts";
import type { Lane, Upstreams } from "./upstreams.ts";

/** A request to a service, whichever of its instances gets it. */
export type ServiceRequest = {
  readonly service: string;
  readonly method: string;
  readonly path: string;
  /** All headers but the time that is left. */
  readonly headers: readonly string[];
  readonly body: Body;
  /** It waits for what others do: it takes no place of those that are worked on. */
  readonly idle: boolean;
  /** Whose it is: those who wait for a connection take turns. */
  readonly caller?: string | undefined;
  /** Milliseconds; 0 is without end. */
  readonly timeout: number;
  /** Whether a repeat is harmless. */
  readonly repeatable: boolean;
  /** Milliseconds after which the service counts as slow. */
  readonly slowAfter: number;
  readonly call: Call;
  /** Absent: no span is made of it. */
  readonly traced?: Traced | undefined;
};

/** The services behind the gateway. Requests reject with the failure to answer with when there was no answer. */
export type Services = {
  /** Streams the answer to the client. */
  relay(request: ServiceRequest, response: ServerResponse, begin: RelayOptions["begin"]): Promise<void>;
  /** The whole answer, of at most `limit` bytes; given up when `client` leaves. */
  ask(request: ServiceRequest, limit: number, client?: ServerResponse): Promise<WholeAnswer>;
};

export function createServices(needs: {
  readonly callees: Callees;
  readonly upstreams: Upstreams;
  /** Told how many milliseconds a request to a service has waited for a connection. */
  waited(service: string, milliseconds: number): void;
  /** Aborted when answers without end have to end. */
  readonly stopping: AbortSignal;
}): Services {
  const { callees, upstreams, waited, stopping } = needs;

  const attempt = ({ service, timeout, repeatable, slowAfter, body }: ServiceRequest): Omit<Attempt<never>, "ask"> => ({
    callee: callees(service),
    slowAfter,
    timeout,
    repeatable,
    canResend: !(body instanceof Readable),
  });

  const lanes = createLanes();

  const told = ({ service, call }: ServiceRequest, origin: string) => ({
    service,
    onWaited: (milliseconds: number) => waited(service, milliseconds),
    onOffer: () => upstreams.offered(service, origin),
    onLarge: () => lanes.noteLarge(call),
  });

  return {
    relay: (request, response, begin) =>
      callInstances({
        ...attempt(request),
        ask(origin, timeout) {
          const way = upstreams.to(request.service, origin, lanes.of(request), request.idle);
          const idle = request.idle && request.repeatable;
          const options = { ...told(request, origin), timeout, stopping, idle, begin };
          if (!request.traced) return relay(way, sent(request, timeout), response, options);
          const span = beginUpstreamSpan(request.traced, request.service, origin);
          const headers = span.headers(request.headers);
          const traced = { ...options, begin: tellStatus(span, begin) };
          return span.endWith(relay(way, sent({ ...request, headers }, timeout), response, traced));
        },
      }),
    ask: (request, limit, client) =>
      callInstances({
        ...attempt(request),
        ask(origin, timeout) {
          const way = upstreams.to(request.service, origin, lanes.of(request), request.idle);
          const options = { ...told(request, origin), timeout, limit, client };
          if (!request.traced) return collect(way, sent(request, timeout), options);
          const span = beginUpstreamSpan(request.traced, request.service, origin);
          const asked = collect(way, sent({ ...request, headers: span.headers(request.headers) }, timeout), options);
          return span.endWith(
            asked.then((outcome) => {
              if ("answer" in outcome) span.onStatus(outcome.answer.status);
              return outcome;
            }),
          );
        },
      }),
  };
}

/** Chooses what requests go on. */
function createLanes() {
  const shares = new WeakMap<Call, boolean>();

  function mayShare(call: Call): boolean {
    const known = shares.get(call);
    if (known !== undefined) return known;
    const may = canMultiplex(call);
    shares.set(call, may);
    return may;
  }

  return {
    of(request: ServiceRequest): Lane {
      if (request.timeout === 0) return "endless";
      return mayShare(request.call) && request.method !== "HEAD" && isSmall(request) ? "shared" : "alone";
    },
    /** An answer to this call was large: those that follow are not to come as a whole. */
    noteLarge: (call: Call) => void shares.set(call, false),
  };
}

const sent = ({ method, path, headers, body, idle, caller }: ServiceRequest, timeout: number): UpstreamRequest => ({
  method,
  path,
  headers: timeout > 0 ? [...headers, "x-deadline-ms", String(timeout)] : headers,
  body,
  idle,
  caller,
});
