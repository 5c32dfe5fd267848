import type { ChannelModel } from "amqplib";
import type { Intake } from "./intake.ts";
import { openPartition, type Partition } from "./partition.ts";

/**
 * Hands to its consumer what lies beside its queues: what the broker gave up, as an older queue does with what was delivered too often (that says
 * nothing about a message), and what found a queue deleted. Those with its key may have been handled meanwhile.
 */
export async function consumeBeside(options: {
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
