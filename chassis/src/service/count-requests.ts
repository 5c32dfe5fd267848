import type { FastifyInstance, FastifyRequest } from "fastify";
import { type Metrics, waitingSeconds } from "../telemetry/metrics.ts";

type Count = (seconds: number) => void;

/** Counts the requests of a server by method, route and status, and how long their answers take. */
export function countRequests(server: FastifyInstance, metrics: Metrics): void {
  const help = "Requests that were answered, and how long that took.";
  const seriesOf = metrics.distribution("http_server_request_duration_seconds", help, waitingSeconds);
  const known = new Map<string, Count>();

  function countOf({ method: asked, routeOptions }: FastifyRequest, status: number): Count {
    const { method, url: route = "unmatched" } = routeOptions as { method?: string; url?: string };
    // A request that fits no route may name any method.
    const labels = { method: route === "unmatched" ? "any" : (method ?? asked), route, status: String(status) };
    const key = `${labels.method} ${route} ${status}`;
    const count = known.get(key) ?? seriesOf(labels);
    known.set(key, count);
    return count;
  }

  server.addHook("onRequest", (request, { raw }, done) => {
    const began = performance.now();
    raw.on("close", () => {
      if (raw.writableFinished) countOf(request, raw.statusCode)((performance.now() - began) / 1_000);
    });
    done();
  });
}
