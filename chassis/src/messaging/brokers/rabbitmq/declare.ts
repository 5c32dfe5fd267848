import type { Channel, ChannelModel } from "amqplib";
import { newId } from "../../../core/id.ts";
import { closeChannel } from "./close-channel.ts";
import { type Names, PARTITIONS } from "./names.ts";

/**
 * RabbitMQ counts what it has handed over, tried or not, so it never gives a message up: consumers find the one that ends its process by
 * themselves. Newer releases have a limit unless one is given. Queues of before have one of 20, which can't be changed.
 */
const DELIVERY_LIMIT = 2 ** 31 - 1;
const OLD_DELIVERY_LIMIT = 20;

/** Does `work` on a channel of its own: the broker ends the channel of whatever it refuses. */
export async function onChannel<T>(connection: ChannelModel, work: (channel: Channel) => Promise<T>): Promise<T> {
  const channel = await connection.createChannel();
  channel.on("error", () => {});
  try {
    return await work(channel);
  } finally {
    await closeChannel(channel);
  }
}

/**
 * Declares everything that consumers of these types need; what is there already is left as it is. The broker keeps messages for them
 * from now on, whatever happens to it.
 */
export async function declareConsumers(
  connection: ChannelModel,
  names: Names,
  consumers: ReadonlyMap<string, readonly string[]>,
): Promise<void> {
  for (const [consumer, types] of consumers) {
    await declareQueues(connection, names, consumer);
    await onChannel(connection, (channel) => declareConsumer(channel, names, consumer, types));
  }
  if (consumers.size > 0) await onChannel(connection, (channel) => untilWritten(channel, names));
}

/** Takes back that a consumer wants these types; what is in its queues already stays there. */
export async function withdrawTypes(
  connection: ChannelModel,
  names: Names,
  consumer: string,
  types: readonly string[],
): Promise<void> {
  await onChannel(connection, async (channel) => {
    await channel.assertExchange(names.events, "topic");
    await Promise.all(declareUnrouted(channel, names, consumer));
    const exchange = names.exchangeOf(consumer);
    await Promise.all(types.map((type) => channel.unbindExchange(exchange, names.events, `${type}.*`)));
  });
}

function declareConsumer(channel: Channel, names: Names, consumer: string, types: readonly string[]) {
  const exchange = names.exchangeOf(consumer);
  // Sent one after the other without waiting: the channel keeps their order.
  return Promise.all([
    channel.assertExchange(names.events, "topic"),
    ...declareUnrouted(channel, names, consumer),
    channel.assertExchange(names.consumers, "fanout"),
    ...declareDead(channel, names, consumer),
    ...queuesOf(names, consumer).map((queue, partition) => channel.bindQueue(queue, exchange, `#.${partition}`)),
    ...bindTypes(channel, names, consumer, types),
    // Behind all of these: where it is there, so are they.
    channel.assertExchange(names.replicasOf(consumer), "fanout"),
    // Only now: what it was bound to for is carried by the new one from here on.
    channel.deleteExchange(names.formerExchangeOf(consumer)),
  ]);
}

const bindTypes = (channel: Channel, names: Names, consumer: string, types: readonly string[]): Promise<unknown>[] =>
  types.map((type) => channel.bindExchange(names.exchangeOf(consumer), names.events, `${type}.*`));

/** Has the events come to a consumer that it wants, whoever removed a binding; what it is bound to already stays. */
export const bindConsumer = (
  channel: Channel,
  names: Names,
  { consumer, types }: { consumer: string; types: readonly string[] },
): Promise<unknown> => Promise.all(bindTypes(channel, names, consumer, types));

/** A message that finds a queue of its consumer deleted waits beside it, since producers don't know who is to have it. */
function declareUnrouted(channel: Channel, names: Names, consumer: string): Promise<unknown>[] {
  const unrouted = names.unroutedOf(consumer);
  return [
    channel.assertExchange(unrouted, "fanout"),
    channel.assertQueue(unrouted, { arguments: { "x-queue-type": "quorum", "x-single-active-consumer": true } }),
    channel.bindQueue(unrouted, unrouted, ""),
    channel.assertExchange(names.exchangeOf(consumer), "topic", { alternateExchange: unrouted }),
  ];
}

/**
 * Resolves when the queues that were declared before are on the broker's disk. RabbitMQ writes the name of the log of its newest quorum queue
 * up to three seconds late: a node that is killed before that has lost the queue's messages, confirmed or not, and the queue has no leader
 * ever after (rabbitmq-server#10070, seen with 3.10.8). Deleting another quorum queue makes it write them at once.
 */
async function untilWritten(channel: Channel, names: Names): Promise<void> {
  const passing = names.passing(newId());
  await channel.assertQueue(passing, { arguments: { "x-queue-type": "quorum", "x-expires": 60_000 } });
  await channel.deleteQueue(passing);
}

function declareDead(channel: Channel, names: Names, consumer: string): Promise<unknown>[] {
  const queue = names.deadQueueOf(consumer);
  return [
    channel.assertExchange(names.dead, "direct"),
    channel.assertQueue(queue, { arguments: { "x-queue-type": "quorum" } }),
    channel.bindQueue(queue, names.dead, consumer),
  ];
}

const queuesOf = (names: Names, consumer: string): string[] =>
  Array.from({ length: PARTITIONS }, (_, partition) => names.queueOf(consumer, partition));

async function declareQueues(connection: ChannelModel, names: Names, consumer: string): Promise<void> {
  const queues = queuesOf(names, consumer);
  const declare = (channel: Channel, all: readonly string[], limit: number) =>
    Promise.all(all.map((queue) => declareQueue(channel, names, consumer, queue, limit)));
  try {
    await onChannel(connection, (channel) => declare(channel, queues, DELIVERY_LIMIT));
  } catch (error) {
    if (!/PRECONDITION_FAILED.*x-delivery-limit/.test(String(error))) throw error;
    for (const queue of queues) {
      await onChannel(connection, (channel) => declare(channel, [queue], DELIVERY_LIMIT)).catch(() =>
        onChannel(connection, (channel) => declare(channel, [queue], OLD_DELIVERY_LIMIT)),
      );
    }
  }
}

const declareQueue = (channel: Channel, names: Names, consumer: string, queue: string, limit: number) =>
  channel.assertQueue(queue, {
    arguments: {
      "x-queue-type": "quorum",
      "x-single-active-consumer": true,
      "x-delivery-limit": limit,
      "x-dead-letter-exchange": names.dead,
      "x-dead-letter-routing-key": consumer,
      "x-dead-letter-strategy": "at-least-once",
      "x-overflow": "reject-publish",
    },
  });
