import type { Channel, ChannelModel } from "amqplib";
import { type Names, PARTITIONS } from "./names.ts";

/** After so many deliveries that were never settled a message is taken for one that ends its consumers. */
const DELIVERY_LIMIT = 20;

/** Does `work` on a channel of its own: the broker ends the channel of whatever it refuses. */
export async function onChannel<T>(connection: ChannelModel, work: (channel: Channel) => Promise<T>): Promise<T> {
  const channel = await connection.createChannel();
  channel.on("error", () => {});
  try {
    return await work(channel);
  } finally {
    await channel.close().catch(() => {});
  }
}

/**
 * Declares everything that a consumer of these types needs; what is there already is left as it is. The broker keeps messages for it
 * from now on.
 */
export const declareConsumer = (connection: ChannelModel, names: Names, consumer: string, types: readonly string[]) =>
  onChannel(connection, async (channel) => {
    const exchange = names.exchangeOf(consumer);
    // Sent one after the other without waiting: the channel keeps their order.
    await Promise.all([
      channel.assertExchange(names.events, "topic"),
      channel.assertExchange(exchange, "topic"),
      channel.assertExchange(names.replicasOf(consumer), "fanout"),
      ...declareDead(channel, names, consumer),
      ...Array.from({ length: PARTITIONS }, (_, partition) => declareQueue(channel, names, consumer, partition)).flat(),
      ...types.map((type) => channel.bindExchange(exchange, names.events, `${type}.*`)),
    ]);
  });

function declareDead(channel: Channel, names: Names, consumer: string): Promise<unknown>[] {
  const queue = names.deadQueueOf(consumer);
  return [
    channel.assertExchange(names.dead, "direct"),
    channel.assertQueue(queue, { arguments: { "x-queue-type": "quorum" } }),
    channel.bindQueue(queue, names.dead, consumer),
  ];
}

function declareQueue(channel: Channel, names: Names, consumer: string, partition: number): Promise<unknown>[] {
  const queue = names.queueOf(consumer, partition);
  return [
    channel.assertQueue(queue, {
      arguments: {
        "x-queue-type": "quorum",
        "x-single-active-consumer": true,
        "x-delivery-limit": DELIVERY_LIMIT,
        "x-dead-letter-exchange": names.dead,
        "x-dead-letter-routing-key": consumer,
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
      },
    }),
    channel.bindQueue(queue, names.exchangeOf(consumer), `#.${partition}`),
  ];
}
