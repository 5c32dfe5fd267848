import type { ChannelModel, ConsumeMessage } from "amqplib";
import { closeChannel } from "../close-channel.ts";
import { createAcknowledgements } from "./acknowledgements.ts";

/** A queue that this process reads. */
export type Partition = {
  /** Whether its messages may still be begun and settled: not while it is given up, nor once it is lost. */
  open(): boolean;
  /** Says that a message is under way until the promise is settled. */
  track(work: Promise<unknown>): void;
  settle(deliveryTag: number): void;
  /** Whether the broker has it back: what reads the queue anew before that may be given what comes behind messages that are still held. */
  gone(): boolean;
  /** Begins no more, waits for those under way unless the queue is lost, and gives the rest back in their order. */
  release(): Promise<void>;
};

export type PartitionOptions = {
  connection: ChannelModel;
  queue: string;
  /** The most messages that are held without being settled, and about how many bytes. */
  prefetch: number;
  most: number;
  onMessage(message: ConsumeMessage, from: Partition): void;
  /** Called when the queue was deleted or the channel closed although nobody released it. */
  onLost(): void;
  /** Called when the messages that are held have more bytes than the most, with how many they are: the queue has been given up. */
  onFull(messages: number): void;
};

/** Begins to read a queue. While another one reads it, nothing comes. */
export async function openPartition(options: PartitionOptions): Promise<Partition> {
  const underWay = new Set<Promise<unknown>>();
  const held = new Map<number, number>();
  let bytes = 0;
  let state: "open" | "releasing" | "closed" = "open";
  const channel = await options.connection.createChannel();
  const lost = Promise.withResolvers<void>();
  let gone = false;
  const lose = () => {
    if (state === "open") options.onLost();
    state = "closed";
    lost.resolve();
  };
  channel.on("error", () => {});
  channel.on("close", () => {
    gone = true;
    lose();
  });
  // A channel that takes no more is closing: what was not acknowledged comes again, and is known for a repeat.
  const acknowledgements = createAcknowledgements(channel, lose);
  const partition: Partition = {
    open: () => state === "open",
    gone: () => gone,
    track(work) {
      underWay.add(work);
      void work.finally(() => underWay.delete(work));
    },
    settle(deliveryTag) {
      if (state === "closed") return;
      bytes -= held.get(deliveryTag) ?? 0;
      held.delete(deliveryTag);
      acknowledgements.add(deliveryTag);
    },
    async release() {
      if (state === "open") state = "releasing";
      // Once it is lost nothing of it can be settled, and its messages come again: behind those under way, whoever hands them over.
      await Promise.race([Promise.allSettled(underWay), lost.promise]);
      // One turn later, so that what those under way have settled is known.
      await new Promise((resolve) => setImmediate(resolve));
      try {
        if (state === "releasing") acknowledgements.flush();
      } catch {
        lose();
      }
      state = "closed";
      await closeChannel(channel);
    },
  };
  /** RabbitMQ bounds what it hands over by number only. What is given back comes again, in its order. */
  function take(message: ConsumeMessage): void {
    if (state === "closed") return;
    held.set(message.fields.deliveryTag, message.content.length);
    bytes += message.content.length;
    options.onMessage(message, partition);
    if (bytes <= options.most || held.size === 1) return;
    state = "closed";
    void closeChannel(channel).then(() => options.onFull(held.size));
  }

  await channel.prefetch(options.prefetch);
  await channel.consume(options.queue, (message) => (message ? take(message) : lose()));
  return partition;
}
