import { newId } from "../../core/id.ts";
import type { Broker, BrokerSubscription, Delivery, Verdict } from "../../messaging/brokers/broker.ts";
import type { Message } from "../../messaging/message.ts";
import { eventually } from "../eventually.ts";

/** One broker, and connections to it as several processes would have them. */
export type BrokerUnderTest = {
  /** Connects once more. The suite closes it; closing with deliveries under way stands for a crash. */
  connect(): Promise<Broker>;
};

/** A message of the suite; what is not given is made up. */
export const testMessage = (given: Partial<Message> = {}): Message => ({
  id: newId(),
  type: "thing.happened",
  version: 1,
  key: newId(),
  source: "suite",
  time: new Date().toISOString(),
  body: { text: "Grüße 🚀 \\ \" ' {} \u0000" },
  requestId: newId(),
  traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
  ...given,
});

/** Connects once more; the connection is closed when the test ends. */
export type Connect = () => Promise<Broker>;

/** Resolves when `check` throws no more. */
export const becomesTrue = (check: () => void) =>
  eventually(() => {
    check();
    return true;
  });

/** Subscribes; whatever is not given is a consumer that takes everything at once. */
export async function subscribe(broker: Broker, given: Partial<BrokerSubscription>): Promise<() => Promise<void>> {
  return broker.subscribe({
    consumer: "consumer",
    types: ["thing.happened"],
    concurrency: 8,
    handle: async () => "done",
    ...given,
  });
}

/** A handler that keeps what it gets; with a promise as its verdict it is at work until that is there. */
export const collect =
  (into: Delivery[], verdict: Verdict | Promise<Verdict> = "done") =>
  async (delivery: Delivery): Promise<Verdict> => {
    into.push(delivery);
    return verdict;
  };

/** The ids of the messages, in their order. */
export const ids = (deliveries: readonly Delivery[]) => deliveries.map(({ message }) => message.id);
/** `count` messages with one key. */
export const keyed = (count: number, key: string) => Array.from({ length: count }, () => testMessage({ key }));
