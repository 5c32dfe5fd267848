import { once } from "node:events";
import type { Channel } from "amqplib";

/** Closes a channel; resolves when it is closed, also when its connection ends before the broker has answered. Never throws. */
export async function closeChannel(channel: Channel): Promise<void> {
  const answered = new AbortController();
  // The client's own promise stays open for ever when the connection ends first.
  const closed = once(channel, "close", { signal: answered.signal }).catch(() => {});
  await Promise.race([closed, channel.close().catch(() => {})]);
  answered.abort();
}
