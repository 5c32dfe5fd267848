import type { Database } from "../../database/database.ts";
import type { Metrics } from "../../telemetry/metrics.ts";
import type { SagaInstance } from "../store/saga-instance.ts";

/** Tells of a service's sagas in its metrics; what it returns is to be called for each that has come to its end, or to a stop, here. */
export function sagaMetrics(metrics: Metrics, database: Database): (instance: SagaInstance) => void {
  metrics.gauge("sagas", "Sagas that have not ended, by status.", () => countUnfinished(database), ["status"]);
  const ended = metrics.counter("sagas_ended_total", "Sagas that ended or were parked in this process.", [
    "saga",
    "outcome",
  ]);
  return ({ name, status }) => ended({ saga: name, outcome: status });
}

/** Both conditions have an index that holds the unfinished ones alone. */
async function countUnfinished(database: Database) {
  const rows = await database.query<{ status: string; count: number }>(
    `select status, count(*) as count from saga where due_at is not null group by status
     union all select 'parked', count(*) from saga where status = 'parked'`,
  );
  return rows.map(({ status, count }) => [{ status }, count] as const);
}
