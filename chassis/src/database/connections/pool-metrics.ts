import type pg from "pg";
import type { Metrics } from "../../telemetry/metrics.ts";
import { waitingSeconds } from "../../telemetry/waiting-seconds.ts";

/** Tells of a pool's connections in the metrics; what it returns counts how many milliseconds somebody waited for one. */
export function poolMetrics(metrics: Metrics, pool: pg.Pool, most: number): (milliseconds: number) => void {
  metrics.gauge("database_connections_limit", "Connections that work may have at once.", () => most);
  metrics.gauge(
    "database_connections",
    "Connections to the database that are open.",
    () => [
      [{ state: "idle" }, pool.idleCount],
      [{ state: "busy" }, pool.totalCount - pool.idleCount],
    ],
    ["state"],
  );
  const help = "How long work waited for a connection to the database.";
  const observe = metrics.distribution("database_wait_seconds", help, waitingSeconds)({});
  return (milliseconds) => observe(milliseconds / 1_000);
}
