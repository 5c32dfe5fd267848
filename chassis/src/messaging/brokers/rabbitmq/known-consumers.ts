import type { ChannelModel } from "amqplib";
import type { Clock } from "../../../core/clock.ts";
import { declareConsumers, onChannel } from "./declare.ts";
import type { Names } from "./names.ts";

/** The consumers that a publisher knows of, to be declared for them when the broker has lost what they declared. */
export type KnownConsumers = {
  /** Hears from now on which consumers there are, as long as the connection lasts. */
  listen(connection: ChannelModel): Promise<void>;
  /** Declares those that the broker knows no more; of those that it knows nothing is changed. */
  restore(connection: ChannelModel): Promise<void>;
  /** Those that want events of a type, with all that they want. */
  wanting(type: string): Map<string, string[]>;
};

/** Milliseconds after which an instance that is silent while others of its consumer are not is forgotten: it may want what they do not. */
const LONGEST_SILENCE = 10_000;

/**
 * Makes the knowledge of a publisher. Every instance of a consumer says once a second what it wants (see `announceConsumer`). It is kept while
 * the broker is away: a vhost that was made anew has nothing, and the publisher may be back before the consumers.
 */
export function createKnownConsumers(names: Names, clock: Pick<Clock, "monotonic">): KnownConsumers {
  const known = new Map<string, Map<string, { types: readonly string[]; heard: number }>>();

  function hear(consumer: string, instance: string, types: readonly string[]): void {
    const now = clock.monotonic();
    const instances = known.get(consumer) ?? new Map();
    known.set(consumer, instances.set(instance, { types, heard: now }));
    for (const [id, { heard }] of instances) if (now - heard > LONGEST_SILENCE) instances.delete(id);
  }

  const all = () =>
    new Map([...known].map(([name, each]) => [name, [...new Set([...each.values()].flatMap(({ types }) => types))]]));

  return {
    async listen(connection) {
      const channel = await connection.createChannel();
      channel.on("error", () => {});
      await channel.assertExchange(names.consumers, "fanout");
      const { queue } = await channel.assertQueue("", { exclusive: true, autoDelete: true });
      await channel.bindQueue(queue, names.consumers, "");
      const options = { noAck: true };
      await channel.consume(
        queue,
        (message) => {
          const { appId, messageId, headers = {} } = message?.properties ?? {};
          const types: unknown = headers["types"];
          if (Array.isArray(types)) hear(String(appId), String(messageId), types.map(String));
        },
        options,
      );
    },
    async restore(connection) {
      const lost = new Map<string, string[]>();
      for (const [consumer, types] of all()) {
        if (!(await isDeclared(connection, names, consumer))) lost.set(consumer, types);
      }
      await declareConsumers(connection, names, lost);
    },
    wanting: (type) => new Map([...all()].filter(([, types]) => types.includes(type))),
  };
}

/** Whether the broker knows a consumer: the exchange of its replicas is what is declared last. */
const isDeclared = (connection: ChannelModel, names: Names, consumer: string): Promise<boolean> =>
  onChannel(connection, (channel) => channel.checkExchange(names.replicasOf(consumer))).then(
    () => true,
    (error: unknown) => {
      if (/NOT_FOUND/.test(String(error))) return false;
      throw error;
    },
  );
