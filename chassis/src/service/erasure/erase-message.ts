import type { Event } from "../../contract/event.ts";
import { ERASED, erasePersonal } from "../../contract/personal.ts";
import type { Message } from "../../messaging/message.ts";

/** A message without what tells who somebody is; and whether a text quotes that. */
export type ErasedMessage = { readonly message: Message; quotes(text: string): boolean };

/**
 * Makes what erases messages; undefined when there is nothing in one to erase. Of a type or version that is not among the events, the whole body goes, and all texts count
 * as quotes: nothing says what is personal in it.
 */
export function messageEraser(events: readonly Event[]): (message: Message) => ErasedMessage | undefined {
  const byType = new Map(events.map((event) => [event.type, event]));
  return (message) => {
    if (message.body === ERASED) return undefined;
    const event = byType.get(message.type);
    const schema = event && (message.version === event.version ? event : event.earlier[message.version])?.body;
    if (!schema || typeof message.body !== "object" || message.body === null)
      return { message: { ...message, body: ERASED }, quotes: () => true };
    const found = new Set<string>();
    const body = erasePersonal(schema, message.body, found);
    if (found.size === 0) return undefined;
    return { message: { ...message, body }, quotes: (text) => [...found].some((each) => text.includes(each)) };
  };
}

/** Whether a message that could not be stored as it came tells of one of these people: then its body is all of it, in base64. */
export function tellsOf({ body }: Message, subjects: readonly string[]): boolean {
  if (typeof body !== "string" || !body.startsWith(BASE64)) return true;
  const text = Buffer.from(body.slice(BASE64.length), "base64").toString();
  return subjects.some((subject) => text.includes(subject));
}

const BASE64 = "base64:";
