import { newId } from "../core/id.ts";
import type { Message } from "./message.ts";
import { canonicalId } from "./message-id.ts";
import { deepText } from "./outbox/deep-text.ts";

/** The largest message in bytes. A bigger one is neither published nor handled. */
export const LARGEST_MESSAGE = 1024 * 1024;

/** How deep a message may be nested. */
const DEEPEST = 64;

const texts = ["id", "type", "key", "source", "time", "requestId", "traceparent"] as const;

/** Reads what came as a message: it is one, with its id in the one spelling, or what is wrong with it. Its body is another matter. */
export function readEnvelope(value: unknown): { message: Message } | { fault: string } {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return { fault: "it is not an object" };
  const envelope = value as Record<string, unknown>;
  const missing = texts.find((name) => typeof envelope[name] !== "string");
  if (missing) return { fault: `/${missing} must be a text` };
  if (!Number.isSafeInteger(envelope["version"])) return { fault: "/version must be a whole number" };
  if (isTooDeep(value)) return { fault: `it is nested deeper than ${DEEPEST}` };
  const message = value as Message;
  const id = canonicalId(message.id) ?? message.id;
  return { message: id === message.id ? message : { ...message, id } };
}

/** Bytes that a message's key, and its source and type, may have. */
const LONGEST_KEY = 1_000;
const LONGEST_NAME = 200;

/** Why no broker takes a message, of so many bytes as JSON; undefined when all do. */
export function unsendable(message: Message, bytes: number): string | undefined {
  const { key, type, source } = message;
  if (Buffer.byteLength(key) > LONGEST_KEY) return `its key has more than ${LONGEST_KEY} bytes`;
  if ([type, source].some((name) => Buffer.byteLength(name) > LONGEST_NAME))
    return `its type or source has more than ${LONGEST_NAME} bytes`;
  if (isTooDeep(message)) return `it is nested deeper than ${DEEPEST}`;
  return tooLargeFault(bytes);
}

/** Characters that are kept of what can't be read. */
const MOST_KEPT = 100_000;

/** What is wrong with a message of so many bytes. */
export const tooLargeFault = (bytes: number): string | undefined =>
  bytes > LARGEST_MESSAGE ? `it has ${bytes} bytes, more than ${LARGEST_MESSAGE}` : undefined;

/** A message that stands for one that can't be read, so that it can be parked: what is known of it, and what came as its body. */
export function standIn(known: { id?: unknown; type?: unknown; source?: unknown }, came: unknown): Message {
  const text = (value: unknown, otherwise: string) =>
    typeof value === "string" && value !== "" ? value.slice(0, 200) : otherwise;
  return {
    id: text(known.id, newId()),
    type: text(known.type, "unknown"),
    version: 0,
    key: "",
    source: text(known.source, "unknown"),
    time: new Date().toISOString(),
    body: came === undefined ? null : isTooDeep(came) ? deepText(came, MOST_KEPT) : came,
    requestId: newId(),
    traceparent: "",
  };
}

/** Whether a value is nested deeper than a message may be. Walks without recursion: the nesting is the sender's choice, the stack is ours. */
export function isTooDeep(root: unknown): boolean {
  const open: { value: unknown; depth: number }[] = [{ value: root, depth: 0 }];
  for (let item = open.pop(); item !== undefined; item = open.pop()) {
    if (typeof item.value !== "object" || item.value === null) continue;
    if (item.depth >= DEEPEST) return true;
    for (const value of Object.values(item.value)) {
      if (typeof value === "object" && value !== null) open.push({ value, depth: item.depth + 1 });
    }
  }
  return false;
}
