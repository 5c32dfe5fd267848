import type { Channel, ChannelModel } from "amqplib";
import type { Clock } from "../../../../core/clock.ts";
import type { BrokerSubscription } from "../../broker.ts";
import type { Names } from "../names.ts";

/** The replicas of a consumer, as one of them knows them. */
export type Replicas = {
  /** The partitions that are this one's to read, if all know the same of each other. */
  share(partitions: number): Set<number>;
  /** Tells the others that this one is here, and publishers what it wants; forgets those that have been silent for long. */
  beat(): void;
  /** Tells the others that this one goes. */
  leave(): void;
};

/** Milliseconds of silence after which a replica is taken for gone. */
const LONGEST_SILENCE = 5_000;

export type ReplicasOptions = {
  connection: ChannelModel;
  names: Names;
  /** Whose replicas they are, and what they want. */
  subscription: Pick<BrokerSubscription, "consumer" | "types">;
  /** This one. */
  id: string;
  clock: Clock;
  /** Called when one has come or gone. */
  onChange(): void;
  /** Called when the others can't be heard any more. */
  onLost(): void;
};

/**
 * Joins the replicas of a consumer. What they know of each other may differ for a while: that costs balance, never order, since the
 * broker has one active reader for each queue.
 */
export async function joinReplicas(options: ReplicasOptions): Promise<Replicas & { readonly channel: Channel }> {
  const { connection, names, id, clock, onChange } = options;
  const { consumer, types } = options.subscription;
  const exchange = names.replicasOf(consumer);
  const seen = new Map<string, number>();
  const channel = await connection.createChannel();
  channel.on("error", () => {});
  channel.on("close", options.onLost);
  const tell = (type: "here" | "gone") =>
    channel.publish(exchange, "", Buffer.alloc(0), { type, appId: id, expiration: LONGEST_SILENCE });

  function hear(type: unknown, other: string): void {
    if (other === id) return;
    if (type === "gone") {
      if (seen.delete(other)) onChange();
      return;
    }
    const isNew = !seen.has(other);
    seen.set(other, clock.monotonic());
    // Who is new hears of this one with its next sign of life, which the change brings forward.
    if (isNew) onChange();
  }

  const { queue } = await channel.assertQueue("", { exclusive: true, autoDelete: true });
  await channel.bindQueue(queue, exchange, "");
  await channel.consume(
    queue,
    (message) => (message ? hear(message.properties.type, String(message.properties.appId)) : options.onLost()),
    { noAck: true },
  );
  return {
    channel,
    share(partitions) {
      const all = [id, ...seen.keys()].sort();
      const own = all.indexOf(id);
      const numbers = Array.from({ length: partitions }, (_, partition) => partition);
      return new Set(numbers.filter((partition) => partition % all.length === own));
    },
    beat() {
      for (const [other, at] of seen) if (clock.monotonic() - at > LONGEST_SILENCE) seen.delete(other);
      tell("here");
      const about = { appId: consumer, messageId: id, headers: { types }, expiration: LONGEST_SILENCE };
      channel.publish(names.consumers, "", Buffer.alloc(0), about);
    },
    leave: () => void tell("gone"),
  };
}
