import type { Broker, BrokerSubscription } from "../../messaging/brokers/broker.ts";
import { memoryBroker } from "../../messaging/brokers/memory/memory-broker.ts";

/** A broker in memory that tells when a message is done with. */
export type WatchedBroker = Broker & {
  /** Resolves when the consumer has handled or parked the message of that id, from now on. */
  done(messageId: string): Promise<void>;
  /** The types of events that are subscribed to. */
  types(): ReadonlySet<string>;
};

/** Makes a memory broker that delivers again at once what failed: no test waits for a delay between attempts. */
export function watchedBroker(): WatchedBroker {
  const broker = memoryBroker();
  const types = new Set<string>();
  const watched = new Map<string, () => void>();

  const watch = (subscription: BrokerSubscription): BrokerSubscription => ({
    ...subscription,
    async handle(delivery) {
      const verdict = await subscription.handle(delivery);
      if (verdict !== "done") return { retryIn: 0 };
      watched.get(delivery.message.id)?.();
      return verdict;
    },
  });

  return {
    ...broker,
    subscribe(subscription) {
      for (const type of subscription.types) types.add(type);
      return broker.subscribe(watch(subscription));
    },
    done(messageId) {
      const { promise, resolve } = Promise.withResolvers<void>();
      watched.set(messageId, resolve);
      return promise.finally(() => watched.delete(messageId));
    },
    types: () => types,
  };
}
