import type { ConsumeMessage } from "amqplib";
import { readEnvelope, standIn, tooLargeFault } from "../../../envelope.ts";
import type { Delivery } from "../../broker.ts";

/**
 * Makes a delivery of what the broker handed over; what is no message of ours comes with a fault. With `checkUser` so does a message whose
 * publisher, as the broker knows it, is another than the one it names.
 */
export function parseDelivery(came: ConsumeMessage, checkUser = false): Delivery {
  const delivery = parse(came);
  const user: unknown = came.properties.userId;
  if (!checkUser || delivery.fault || user === delivery.message.source) return delivery;
  return { ...delivery, fault: `it says that it is from another than ${user ?? "a user whom the broker knows"}` };
}

function parse({ content, properties, fields }: ConsumeMessage): Delivery {
  const known = { id: properties.messageId, type: properties.type ?? fields.routingKey, source: properties.appId };
  const faulty = (fault: string): Delivery => ({ message: standIn(known, textOf(content)), attempt: 1, fault });
  const tooLarge = tooLargeFault(content.length);
  if (tooLarge) return faulty(tooLarge);
  const { contentType } = properties;
  if (contentType !== "application/json") return faulty(`its content type is ${contentType ?? "missing"}`);
  let value: unknown;
  try {
    value = JSON.parse(utf8.decode(content));
  } catch {
    return faulty("it is not JSON in UTF-8");
  }
  const envelope = readEnvelope(value);
  if ("fault" in envelope) return { message: standIn(known, value), attempt: 1, fault: envelope.fault };
  return { message: envelope.message, attempt: 1 };
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** As much of it as is kept: a text where it is one, else base64. */
function textOf(content: Buffer): string {
  const kept = content.subarray(0, 100_000);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(kept, { stream: true });
  } catch {
    return `base64:${kept.toString("base64")}`;
  }
}
