import type { ChannelModel, ConfirmChannel } from "amqplib";
import { unavailable } from "../../../core/failure/failure.ts";
import type { Log } from "../../../telemetry/log.ts";

/** What the broker did with a message: stored it, found no queue for it, or refused it. */
export type Outcome = "confirmed" | "returned" | "refused";

/** What travels beside the content. */
export type About = { messageId: string; type: string; appId: string; userId?: string };

/** A channel on which the broker says what became of each message. */
export type ConfirmingChannel = {
  /** Resolves when the broker has said so; throws `unavailable` when the channel ends before. */
  send(exchange: string, routingKey: string, content: Buffer, about: About): Promise<Outcome>;
};

/** Opens such a channel on an exchange that is declared if need be. `onClose` is called when it has ended. */
export async function openConfirmingChannel(
  connection: ChannelModel,
  options: { exchange: string; log: Log; onClose: () => void },
): Promise<ConfirmingChannel> {
  const channel: ConfirmChannel = await connection.createConfirmChannel();
  const returned = new Set<string>();
  let number = 0;
  channel.on("error", (err) => options.log.warn({ err }, "the channel for publishing failed"));
  channel.on("close", options.onClose);
  // A message that has no queue comes back before its confirm.
  channel.on("return", ({ properties }) => returned.add(String(properties.correlationId)));
  await channel.assertExchange(options.exchange, "topic");
  return {
    send(exchange, routingKey, content, about) {
      const correlationId = String(++number);
      const { promise, resolve, reject } = Promise.withResolvers<Outcome>();
      const properties = { persistent: true, mandatory: true, contentType: "application/json", correlationId };
      channel.publish(exchange, routingKey, content, { ...properties, ...about }, (error: Error | null) => {
        if (!error) resolve(returned.delete(correlationId) ? "returned" : "confirmed");
        else if (error.message === "message nacked") resolve("refused");
        else reject(unavailable.failure({ cause: error }));
      });
      return promise;
    },
  };
}
