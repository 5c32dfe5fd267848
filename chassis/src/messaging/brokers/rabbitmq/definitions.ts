import type { Channel, ChannelModel, Options } from "amqplib";
import type { Audience } from "../broker.ts";
import { byConsumer } from "../by-consumer.ts";
import { declareConsumers } from "./declare.ts";
import { namesBelow } from "./names.ts";

type Arguments = Readonly<Record<string, unknown>>;

/** What RabbitMQ's definitions file says of exchanges, queues and bindings. */
export type Definitions = {
  readonly exchanges: readonly { name: string; type: string; arguments: Arguments }[];
  readonly queues: readonly { name: string; arguments: Arguments }[];
  readonly bindings: readonly { source: string; destination: string; destination_type: string; routing_key: string }[];
};

const lasting = { vhost: "/", durable: true, auto_delete: false };

/**
 * Everything that consumers declare when they start, for a definitions file: loaded by RabbitMQ when it starts, it keeps for each what is
 * published before the consumer is up for the first time.
 */
export async function definitionsOf(audience: Audience): Promise<Definitions> {
  const exchanges = new Map<string, Definitions["exchanges"][number]>();
  const queues = new Map<string, Definitions["queues"][number]>();
  const bindings: Definitions["bindings"][number][] = [];
  const bind = (source: string, destination: string, destination_type: string, routing_key: string) =>
    bindings.push({ source, vhost: "/", destination, destination_type, routing_key, arguments: {} } as never);
  // The same code declares at a broker: what is there already has to be the same to the letter.
  const channel = {
    on: () => {},
    once: () => {},
    off: () => {},
    removeListener: () => {},
    close: async () => {},
    async assertExchange(name: string, type: string, { alternateExchange }: Options.AssertExchange = {}) {
      const given = alternateExchange === undefined ? {} : { "alternate-exchange": alternateExchange };
      exchanges.set(name, { name, type, ...lasting, internal: false, arguments: given } as never);
    },
    deleteExchange: async (name: string) => void exchanges.delete(name),
    async assertQueue(name: string, options: Options.AssertQueue = {}) {
      queues.set(name, { name, ...lasting, arguments: options.arguments ?? {} } as never);
    },
    deleteQueue: async (name: string) => void queues.delete(name),
    bindQueue: async (queue: string, source: string, key: string) => void bind(source, queue, "queue", key),
    bindExchange: async (to: string, from: string, key: string) => void bind(from, to, "exchange", key),
  };
  const connection = { createChannel: async () => channel as unknown as Channel } as unknown as ChannelModel;
  await declareConsumers(connection, namesBelow("flotilla"), byConsumer(audience));
  return { exchanges: [...exchanges.values()], queues: [...queues.values()], bindings };
}
