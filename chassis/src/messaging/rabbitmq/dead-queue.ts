import type { ChannelModel } from "amqplib";
import type { Intake } from "./intake.ts";
import { openPartition, type Partition } from "./partition.ts";

/**
 * Hands to its consumer what the broker gave up, as an older queue does with what was delivered too often: that says nothing about a message. Those
 * with its key may have been handled meanwhile.
 */
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
    most: Number.POSITIVE_INFINITY,
    onFull: () => {},
    onMessage: intake.take,
    onLost,
  });
}
