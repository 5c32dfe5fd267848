import type { Metrics } from "../../telemetry/metrics.ts";
import { waitingSeconds } from "../../telemetry/waiting-seconds.ts";
import type { Exchange } from "./exchange.ts";

/** Counts an exchange that is over. */
export type CountExchange = (exchange: Exchange) => void;

type Count = (seconds: number) => void;

/** The status of a request whose client left before the answer began. */
const CLIENT_LEFT = 499;

/** Counts exchanges by method, route and status. At an exchange it only adds to numbers; they are put into words when somebody asks. */
export function countExchanges(metrics: Metrics): CountExchange {
  const help = "Requests of clients that were answered, and how long that took.";
  const seriesOf = metrics.distribution("http_server_request_duration_seconds", help, waitingSeconds);
  const routes = new Map<string | undefined, Map<string, Map<number, Count>>>();

  return ({ route, request, response, startedAt }) => {
    const method = route === undefined ? "any" : (request.method as string);
    const status = response.headersSent ? response.statusCode : CLIENT_LEFT;
    const methods = found(routes, route, () => new Map<string, Map<number, Count>>());
    const statuses = found(methods, method, () => new Map<number, Count>());
    const count = found(statuses, status, () =>
      seriesOf({ method, route: route ?? "unmatched", status: String(status) }),
    );
    count((performance.now() - startedAt) / 1_000);
  };
}

function found<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}
