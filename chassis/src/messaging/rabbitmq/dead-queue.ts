import type { ChannelModel } from "amqplib";
import type { Intake } from "./intake.ts";
import { openPartition, type Partition } from "./partition.ts";

/** Hands what the broker gave up to its consumer, with the reason, so that it is parked where people look. */
export async function consumeDead(options: {
  connection: ChannelModel;
  queue: string;
  intake: Intake;
  onLost: () => void;
}): Promise<Partition> {
  const { connection, queue, intake, onLost } = options;
  return openPartition({
    connection,
    queue,
    prefetch: 10,
    onMessage: (message, from) => intake.take(message, from, "the broker gave it up: it was delivered too often"),
    onLost,
  });
}
