import type { FastifyInstance } from "fastify";
import { type Metrics, waitingSeconds } from "../telemetry/metrics.ts";

/** Counts the requests of a server by method, route and status, and how long their answers take. */
export function countRequests(server: FastifyInstance, metrics: Metrics): void {
  const help = "Requests that were answered, and how long that took.";
  const seriesOf = metrics.distribution("http_server_request_duration_seconds", help, waitingSeconds);
  const known = new Map<string, (seconds: number) => void>();
  server.addHook("onResponse", (request, reply, done) => {
    const { method, url: route = "unmatched" } = request.routeOptions as { method?: string; url?: string };
    // A request that fits no route may name any method.
    const asked = route === "unmatched" ? "any" : String(method ?? request.method);
    const key = `${asked} ${route} ${reply.statusCode}`;
    let count = known.get(key);
    if (!count) {
      count = seriesOf({ method: asked, route, status: String(reply.statusCode) });
      known.set(key, count);
    }
    count(reply.elapsedTime / 1_000);
    done();
  });
}
