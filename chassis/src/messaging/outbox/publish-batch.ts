import { describeError } from "../../core/failure/thrown.ts";
import type { Broker, Published } from "../brokers/broker.ts";
import { messageRefused } from "../brokers/message-refused.ts";
import type { Message } from "../message.ts";
import { tookTooLong } from "../took-too-long.ts";

/**
 * Hands a batch to the broker. When that can't take the batch because of what is in it, or takes too long for it, the messages are handed over in
 * halves, so that only the faulty ones fail. Throws when the broker is of no use or the outcome is unknown.
 */
export async function publishBatch(broker: Broker, messages: readonly Message[]): Promise<Published[]> {
  const failedKeys = new Set<string>();
  const results: Published[] = [];
  const part = async (some: readonly Message[]): Promise<void> => {
    const [first] = some;
    if (first && some.length === 1 && failedKeys.has(first.key)) {
      results.push({ failed: "an earlier event of its key failed" });
      return;
    }
    const published = await attempt(broker, some, failedKeys);
    if (published) {
      for (const [index, result] of published.entries()) {
        if (result !== "confirmed") failedKeys.add((some[index] as Message).key);
        results.push(result);
      }
      return;
    }
    const half = Math.ceil(some.length / 2);
    await part(some.slice(0, half));
    await part(some.slice(half));
  };
  await part(messages);
  return results;
}

/** What became of them; undefined when they are to be handed over in parts. */
async function attempt(
  broker: Broker,
  messages: readonly Message[],
  failedKeys: ReadonlySet<string>,
): Promise<Published[] | undefined> {
  if (messages.length > 1 && messages.some(({ key }) => failedKeys.has(key))) return undefined;
  try {
    return await broker.publish(messages);
  } catch (error) {
    const isLate = tookTooLong(error);
    if (!isLate && !messageRefused.is(error)) throw error;
    if (messages.length > 1) return undefined;
    return [isLate ? { failed: describeError(error), held: true } : { failed: describeError(error) }];
  }
}
