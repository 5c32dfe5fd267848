import { validate as isUuid } from "uuid";
import { jsonValidator, type Validator } from "../contract/validate.ts";
import { type FieldError, refusal } from "../core/failure.ts";
import { OLDEST_DAYS } from "./housekeeping.ts";
import type { Message } from "./message.ts";
import type { EventHandler, Subscription } from "./messaging.ts";

/** The message is not what the contract says, so no number of attempts would help. */
export const messageUnreadable = refusal("message_unreadable", 400, "The message can't be read");

/** What a consumer does with a message that it can read. */
export type Readable = { body: unknown; handle: EventHandler<unknown> };

/** Checks a message against the consumer's subscriptions; throws `message_unreadable` or `invalid_input`. */
export type ReadMessage = (message: Message, now: Date) => Readable;

type Route = { version: number; validate: Validator<unknown>; handle: EventHandler<unknown> };

/** Compiles the subscriptions of a consumer. Throws when two of them are to one event. */
export function messageReader(subscriptions: readonly Subscription[]): ReadMessage {
  const routes = new Map<string, Route>();
  for (const { event, handle } of subscriptions) {
    if (routes.has(event.type)) throw new Error(`there are two subscriptions to ${event.type}`);
    const validate = jsonValidator(event.body);
    routes.set(event.type, { version: event.version, validate, handle: handle as EventHandler<unknown> });
  }
  return (message, now) => {
    if (!isUuid(message.id)) throw unreadable("/id", "must be a UUID");
    const route = routes.get(message.type);
    if (!route) throw unreadable("/type", `${message.type} is not an event this consumer knows`);
    if (message.version !== route.version) throw unreadable("/version", `must be ${route.version}`);
    assertRecent(message, now);
    return { body: route.validate(message.body), handle: route.handle };
  };
}

function assertRecent(message: Message, now: Date): void {
  const age = now.getTime() - Date.parse(message.time);
  if (age <= OLDEST_DAYS * 86_400_000) return;
  throw unreadable("/time", Number.isNaN(age) ? "must be RFC 3339" : "is so old that it can't be known for a repeat");
}

const unreadable = (path: string, message: string) =>
  messageUnreadable.failure({ errors: [{ path, message }] as FieldError[] });
