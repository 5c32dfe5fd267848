import type { Clock } from "../../../core/clock.ts";
import { openDatabase } from "../../../database/database.ts";
import type { Log } from "../../../telemetry/log.ts";
import type { Broker } from "../broker.ts";
import { type ClaimedDeliveries, claimedDeliveries } from "./claimed-deliveries.ts";
import { migrateBrokerIfAllowed } from "./migrate-broker.ts";
import { addSubscriptions, CHANNEL, removeSubscriptions } from "./postgres-broker-store.ts";
import { type Listener, listen } from "./postgres-listener.ts";
import { createPostgresPublishing } from "./postgres-publishing.ts";

export type PostgresBrokerOptions = {
  url: string;
  /** What the server shows as application_name. Default `broker`. */
  name?: string;
  clock: Clock;
  log: Log;
  /** Milliseconds after which the claims of a process that is gone end. Default 10,000. */
  lease?: number;
  /** Milliseconds between looks for deliveries when no notification comes. Default 1,000. */
  interval?: number;
};

/**
 * Opens the embedded broker: a PostgreSQL database of its own that keeps a row for each message and consumer. Brings its tables up
 * to date when the role may. Throws `unavailable` when it can't be reached.
 */
export async function postgresBroker(options: PostgresBrokerOptions): Promise<Broker> {
  const { url, clock, log, name = "broker", lease = 10_000, interval = 1_000 } = options;
  const database = openDatabase({ url, name, log, connections: 4 });
  try {
    await migrateBrokerIfAllowed(database);
  } catch (error) {
    await database.close();
    throw error;
  }
  const serving = new Map<ClaimedDeliveries, string>();
  let listener: Listener | undefined;
  const publishing = createPostgresPublishing({ database, clock, log });
  let closing: Promise<void> | undefined;

  const wake = (consumer?: string) => {
    for (const [deliveries, its] of serving) if (consumer === undefined || its === consumer) deliveries.wake();
  };

  async function close(): Promise<void> {
    publishing.stop();
    for (const deliveries of serving.keys()) deliveries.abandon();
    serving.clear();
    await Promise.all([listener?.close(), database.close()]);
  }

  return {
    async declare(audience) {
      await addSubscriptions(database, audience);
    },
    async withdraw(consumer, types) {
      await removeSubscriptions(database, consumer, types);
    },
    publish: publishing.publish,
    async subscribe(subscription) {
      const { consumer, types } = subscription;
      await addSubscriptions(database, new Map(types.map((type) => [type, [consumer]])));
      listener ??= listen({ url, name, channel: CHANNEL, clock, log, onNotification: wake, onConnect: () => wake() });
      const deliveries = claimedDeliveries({ database, subscription, clock, log, lease, interval });
      serving.set(deliveries, consumer);
      return async () => {
        await deliveries.stop();
        serving.delete(deliveries);
      };
    },
    state() {
      const hears = (listener?.connected() ?? true) && serving.keys().every((deliveries) => deliveries.fetches());
      return publishing.works() && hears ? "connected" : "away";
    },
    close: () => (closing ??= close()),
  };
}
