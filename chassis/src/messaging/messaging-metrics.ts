import type { Clock } from "../core/clock.ts";
import type { Queryable } from "../database/database.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { Broker, BrokerState } from "./brokers/broker.ts";
import { type MessageState, readMessageState } from "./message-state.ts";

/** Milliseconds for which what was read is good: the gauges of one look share one question to the database. */
const FRESH = 1_000;

const brokerStates: readonly BrokerState[] = ["connected", "blocked", "away"];

/**
 * Makes a service's messages visible: what waits in its outbox and for how long, its dead letters, its inbox and its broker. All replicas
 * of a service show the same tables.
 */
export function showMessages(metrics: Metrics, sources: { database: Queryable; broker: Broker; clock: Clock }): void {
  const read = sharedReading(sources);
  metrics.gauge(
    "outbox_pending",
    "Events that have to be sent still, at most 100,000",
    async () => (await read()).pending,
  );
  metrics.gauge("outbox_parked", "Events that can't be sent", async () => (await read()).parked);
  metrics.gauge("outbox_oldest_seconds", "Age of the oldest event not sent yet", async () => (await read()).oldest);
  metrics.gauge("inbox_messages", "Messages that the inbox knows, about", async () => (await read()).inbox);
  metrics.gauge(
    "dead_letters",
    "Messages that can't be handled, by what becomes of them",
    async () => {
      const { lettersParked, lettersRedriving } = await read();
      return [
        [{ state: "parked" }, lettersParked],
        [{ state: "redriving" }, lettersRedriving],
      ];
    },
    ["state"],
  );
  metrics.gauge(
    "broker_state",
    "1 for the state the broker is in",
    () => brokerStates.map((state) => [{ state }, sources.broker.state() === state ? 1 : 0] as const),
    ["state"],
  );
}

function sharedReading({ database, clock }: { database: Queryable; clock: Clock }): () => Promise<MessageState> {
  let reading: Promise<MessageState> | undefined;
  let since = 0;
  return () => {
    if (!reading || clock.monotonic() - since > FRESH) {
      since = clock.monotonic();
      reading = readMessageState(database);
    }
    return reading;
  };
}
