import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Metrics } from "../../telemetry/metrics.ts";
import { waitingSeconds } from "../../telemetry/waiting-seconds.ts";

/** Counts a request that was answered with this status after so many seconds. */
export type CountRequest = (status: number, seconds: number) => void;

/** Gives what counts the requests of a route, the same each time. */
export type RequestCounter = (method: string, route: string) => CountRequest;

/** Makes the counter of a service's requests, by method, route and status, and of how long their answers take. */
export function requestCounter(metrics: Metrics): RequestCounter {
  const help = "Requests that were answered, and how long that took.";
  const seriesOf = metrics.distribution("http_server_request_duration_seconds", help, waitingSeconds);
  const known = new Map<string, CountRequest>();

  function make(method: string, route: string): CountRequest {
    const byStatus = new Map<number, (seconds: number) => void>();
    return (status, seconds) => {
      let count = byStatus.get(status);
      if (!count) {
        count = seriesOf({ method, route, status: String(status) });
        byStatus.set(status, count);
      }
      count(seconds);
    };
  }

  return (method, route) => {
    const name = `${method} ${route}`;
    const count = known.get(name) ?? make(method, route);
    known.set(name, count);
    return count;
  };
}

/** Counts what a server answers over HTTP. */
export function countRequests(server: FastifyInstance, counterOf: RequestCounter): void {
  // A request that fits no route may name any method.
  const unmatched = counterOf("any", "unmatched");
  /** By what is each route's own. */
  const known = new Map<unknown, CountRequest>();

  function countOf({ method: asked, routeOptions: { config, method, url } }: FastifyRequest): CountRequest {
    if (url === undefined) return unmatched;
    const before = known.get(config);
    if (before) return before;
    const made = counterOf(String(method ?? asked), url);
    known.set(config, made);
    return made;
  }

  server.addHook("onRequest", (request, { raw }, done) => {
    const began = performance.now();
    raw.on("close", () => {
      if (raw.writableFinished) countOf(request)(raw.statusCode, (performance.now() - began) / 1_000);
    });
    done();
  });
}
