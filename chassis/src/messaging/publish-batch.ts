import { Failure } from "../core/failure.ts";
import type { Broker, Published } from "./broker.ts";
import type { Message } from "./message.ts";

/**
 * Hands a batch to the broker. When the broker can't take the batch because of what is in it, the messages are handed over
 * one by one, so that only the faulty ones fail. Throws when the outcome is unknown.
 */
export async function publishBatch(broker: Broker, messages: readonly Message[]): Promise<Published[]> {
  try {
    return await broker.publish(messages);
  } catch (error) {
    if (isOutage(error)) throw error;
    return messages.length === 1 ? [{ failed: String(error) }] : publishOneByOne(broker, messages);
  }
}

async function publishOneByOne(broker: Broker, messages: readonly Message[]): Promise<Published[]> {
  const failedKeys = new Set<string>();
  const results: Published[] = [];
  for (const message of messages) {
    const [result = { failed: "the broker gave no answer" }] = failedKeys.has(message.key)
      ? [{ failed: "an earlier event of its key failed" }]
      : await publishBatch(broker, [message]);
    if (result !== "confirmed") failedKeys.add(message.key);
    results.push(result);
  }
  return results;
}

const isOutage = (error: unknown): boolean => error instanceof Failure && error.kind === "unavailable";
