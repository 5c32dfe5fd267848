import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Metrics } from "../telemetry/metrics.ts";
import { waitingSeconds } from "../telemetry/waiting-seconds.ts";

type Count = (seconds: number) => void;

/** Counts the requests of a server by method, route and status, and how long their answers take. */
export function countRequests(server: FastifyInstance, metrics: Metrics): void {
  const help = "Requests that were answered, and how long that took.";
  const seriesOf = metrics.distribution("http_server_request_duration_seconds", help, waitingSeconds);
  /** By what is each route's own, and then by status. */
  const known = new Map<unknown, Map<number, Count>>();

  function countOf({ method: asked, routeOptions }: FastifyRequest, status: number): Count {
    const { config, method, url: route = "unmatched" } = routeOptions;
    const ofRoute = known.get(config) ?? new Map<number, Count>();
    const before = ofRoute.get(status);
    if (before) return before;
    // A request that fits no route may name any method.
    const made = seriesOf({
      method: route === "unmatched" ? "any" : String(method ?? asked),
      route,
      status: String(status),
    });
    known.set(config, ofRoute.set(status, made));
    return made;
  }

  server.addHook("onRequest", (request, { raw }, done) => {
    const began = performance.now();
    raw.on("close", () => {
      if (raw.writableFinished) countOf(request, raw.statusCode)((performance.now() - began) / 1_000);
    });
    done();
  });
}
