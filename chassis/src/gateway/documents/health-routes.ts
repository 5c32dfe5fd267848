import type { Discovery } from "../../discovery/discovery.ts";
import { sendJson } from "../edge/exchange.ts";
import type { Upstreams } from "../forwarding/upstreams.ts";
import { type OwnRoute, ownRoute } from "../route-table.ts";
import { createSystemHealth } from "./system-health.ts";

/** The gateway's own health, and at `prefix` that of the whole system. None of it is limited. */
export function healthRoutes(
  prefix: string,
  services: readonly string[],
  needs: { discovery: Discovery; upstreams: Upstreams; stopping: AbortSignal; ready: () => boolean },
): OwnRoute[] {
  const systemHealth = createSystemHealth(services, needs);
  const healthy = { status: "healthy", service: "gateway" };
  const unavailable = { status: "unavailable", service: "gateway" };
  return [
    ownRoute("/health", undefined, (exchange) => sendJson(exchange, 200, healthy)),
    ownRoute("/health/live", undefined, (exchange) => sendJson(exchange, 200, healthy)),
    ownRoute("/health/ready", undefined, (exchange) => {
      if (needs.ready()) sendJson(exchange, 200, healthy);
      else sendJson(exchange, 503, unavailable);
    }),
    ownRoute(`${prefix}/health`, undefined, async (exchange) => {
      const health = await systemHealth();
      sendJson(exchange, health.status === "healthy" ? 200 : 503, health);
    }),
  ];
}
