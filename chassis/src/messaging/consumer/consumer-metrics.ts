import type { Metrics } from "../../telemetry/metrics.ts";
import { waitingSeconds } from "../../telemetry/waiting-seconds.ts";

/** Counts what becomes of the messages of a consumer. */
export type ConsumerMetrics = {
  /** Its effects are committed; so many seconds after it was published, by the clocks of both. */
  handled(type: string, seconds: number): void;
  /** It came again, and the inbox knew it. */
  repeated(type: string): void;
  /** It failed, and will be tried again. */
  failed(type: string): void;
  /** It became a dead letter. */
  parked(type: string): void;
  /** It is not tried for the first time. */
  redelivered(type: string): void;
};

/** Seconds, from a millisecond to some minutes: for what nobody waits for in front of a screen. */
const arrivalSeconds: readonly number[] = [...waitingSeconds, 30, 60, 300];

/** Makes the metrics of a consumer of these types; any other type, which a stranger may have made up, counts as `unknown`. */
export function consumerMetrics(metrics: Metrics, types: readonly string[]): ConsumerMetrics {
  const known = new Set(types);
  const labels = (type: string) => ({ type: known.has(type) ? type : "unknown" });
  const handled = metrics.counter("messages_handled_total", "Messages whose effects were committed", ["type"]);
  const repeated = metrics.counter("messages_repeated_total", "Messages that came again and changed nothing", ["type"]);
  const failed = metrics.counter("messages_failed_total", "Attempts that failed and will be repeated", ["type"]);
  const parked = metrics.counter("messages_parked_total", "Messages that became dead letters", ["type"]);
  const redelivered = metrics.counter("messages_redelivered_total", "Attempts that were not the first", ["type"]);
  const arrival = metrics.distribution(
    "messages_arrival_seconds",
    "From the publication of a message to its effects",
    arrivalSeconds,
  );
  const observers = new Map(types.map((type) => [type, arrival({ type })]));
  return {
    handled(type, seconds) {
      handled(labels(type));
      observers.get(type)?.(Math.max(0, seconds));
    },
    repeated: (type) => repeated(labels(type)),
    failed: (type) => failed(labels(type)),
    parked: (type) => parked(labels(type)),
    redelivered: (type) => redelivered(labels(type)),
  };
}
