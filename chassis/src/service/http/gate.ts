import type { IncomingMessage, ServerResponse } from "node:http";
import type { Contract } from "../../contract/contract.ts";
import { unavailable } from "../../core/failure/failure.ts";
import type { LoadShedder, Priority } from "../../core/load/load-shedder.ts";
import { watchLoop } from "../../core/load/loop-watch.ts";
import { type Handle, refuseEarly } from "../../http/unambiguous.ts";
import { countStalls } from "../../telemetry/count-stalls.ts";
import type { Metrics } from "../../telemetry/metrics.ts";
import { type Asking, type KnownCaller, priorityReader } from "../calls/priority.ts";

/** Stands before everything else that a server does with a request, and lets in what can be answered in time. */
export type Gate = {
  /** Puts itself in front of what a server does with requests. Health and metrics always get through. */
  guard(handle: Handle): Handle;
  /** Lets one request in, by what of it is known; undefined when it is refused. For those that share a connection. */
  admit(request: Asking): Admitted | undefined;
  /** Milliseconds since a request could have been read; what it waited before counts where the event loop stood still. */
  waited(request: IncomingMessage): number;
  priority(request: IncomingMessage): Priority;
  /** To be called for an answer without end: it is no work that others wait for. */
  letGo(request: IncomingMessage): void;
  /** Whether the event loop stood still for longer than a second within the last second. */
  stalledLately(): boolean;
  close(): void;
};

/** A request that was let in: since when it could have been read, and what is to be called when it is answered. */
export type Admitted = { readonly since: number; readonly priority: Priority; done(): void };

/** Where a request keeps how it was let in: each has it, and a map beside them would cost more. */
const admitted = Symbol("admitted");
type Visitor = IncomingMessage & { [admitted]?: Admitted };
const admittedOf = (request: Visitor): Admitted | undefined => request[admitted];

/** Makes the gate of a service. What it refuses costs a fraction of what an answer costs: it is not even routed. */
export function createGate(options: {
  readonly contract: Contract;
  readonly shedder: LoadShedder;
  readonly known: KnownCaller;
  readonly metrics: Metrics;
}): Gate {
  const { shedder, metrics } = options;
  const loop = watchLoop(
    (milliseconds) => shedder.waited("turn", milliseconds, performance.now()),
    countStalls(metrics),
  );
  const priorityOf = priorityReader(options.contract, options.known);
  const count = metrics.counter("requests_shed_total", "Requests that were refused for overload", ["priority"]);
  metrics.gauge("requests_limit", "Requests that are let in at once", shedder.limit);
  metrics.gauge("requests_under_way", "Requests that were let in and are not answered", shedder.underWay);

  function admit(request: Asking): Admitted | undefined {
    loop.turn();
    const now = performance.now();
    const priority = priorityOf(request);
    const caller = callerOf(request);
    if (!shedder.admit(priority, now, caller)) {
      count({ priority });
      return undefined;
    }
    let isDone = false;
    const done = () => {
      if (!isDone) shedder.done(caller);
      isDone = true;
    };
    return { since: now - loop.lag(), priority, done };
  }

  /** Whether a request may go on; if not it was answered. */
  function letIn(request: Visitor, response: ServerResponse): boolean {
    const visit = admit(request);
    if (!visit) {
      refuseEarly(request, response, {
        failure: unavailable.failure({ retryAfter: 1 }),
        service: options.contract.service,
      });
      return false;
    }
    request[admitted] = visit;
    response.on("close", visit.done);
    return true;
  }

  return {
    guard: (handle) => (request, response) => {
      if (isForOperators(request.url) || letIn(request, response)) handle(request, response);
    },
    admit,
    waited: (request) => performance.now() - (admittedOf(request)?.since ?? performance.now()),
    priority: (request) => admittedOf(request)?.priority ?? "normal",
    letGo: (request) => admittedOf(request)?.done(),
    stalledLately: loop.stalledLately,
    close: loop.close,
  };
}

/** Whose request it is, as far as that can be told before anything else is: those who have no token are told apart by where they are. */
const callerOf = ({ headers }: Asking): string => headers.authorization ?? String(headers["x-forwarded-for"] ?? "");

/** What tells how the service is has to be answered above all when it is not well. */
export const isForOperators = (url = ""): boolean => FOR_OPERATORS.test(url);
const FOR_OPERATORS = /^\/(?:health(?:\/live|\/ready)?|metrics)(?:\?|$)/;
