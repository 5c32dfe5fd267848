import { publisherOf } from "../../contract/contract.ts";
import type { EarlierVersion, Event } from "../../contract/event.ts";
import { jsonValidator, type Validator } from "../../contract/validation/validate.ts";
import { Failure, type FieldError, invalidInput, refusal } from "../../core/failure/failure.ts";
import { OLDEST_DAYS } from "../housekeeping.ts";
import type { Message } from "../message.ts";
import { canonicalId } from "../message-id.ts";
import type { EventHandler, Subscription } from "../messaging.ts";
import { withOwnErrors } from "./whose-fault.ts";

/** The message is not what the contract says, so no number of attempts would help. */
export const messageUnreadable = refusal("message_unreadable", 400, "The message can't be read");

/** What a consumer does with a message that it can read. */
export type Readable = { body: unknown; handle: EventHandler<unknown> };

/** Checks a message against the consumer's subscriptions; throws `message_unreadable` or `invalid_input`. */
export type ReadMessage = (message: Message, now: Date) => Readable;

type Route = { readBody: ReadBody; handle: EventHandler<unknown>; publisher: string | undefined };

/** Compiles the subscriptions of a consumer. Throws when two of them are to one event. */
export function messageReader(subscriptions: readonly Subscription[]): ReadMessage {
  const routes = new Map<string, Route>();
  for (const { event, handle } of subscriptions) {
    if (routes.has(event.type)) throw new Error(`there are two subscriptions to ${event.type}`);
    const publisher = publisherOf(event);
    const own = withOwnErrors(handle as EventHandler<unknown>);
    routes.set(event.type, { readBody: bodyReader(event), handle: own, publisher });
  }
  return (message, now) => {
    if (canonicalId(message.id) === undefined) throw unreadable("/id", "must be a UUID");
    const route = routes.get(message.type);
    if (!route) throw unreadable("/type", `${message.type} is not an event this consumer knows`);
    if (route.publisher !== undefined && message.source !== route.publisher) {
      throw unreadable("/source", `${message.type} is published by ${route.publisher} alone`);
    }
    assertRecent(message, now);
    return { body: route.readBody(message), handle: route.handle };
  };
}

type ReadBody = (message: Message) => unknown;

/** Reads bodies of every version that is known: each is checked as what it is, and brought up to the newest step by step. */
function bodyReader({ version: newest, body, earlier }: Event): ReadBody {
  const validators = new Map<number, Validator<unknown>>([[newest, jsonValidator(body)]]);
  for (const [number, { body }] of Object.entries(earlier)) validators.set(Number(number), jsonValidator(body));
  return (message) => {
    const validate = validators.get(message.version);
    if (!validate) throw unreadable("/version", `${message.version} is not known, the newest known is ${newest}`);
    let upToDate = validate(message.body);
    if (message.version === newest) return upToDate;
    for (let version = message.version; version < newest; version++) {
      upToDate = (earlier[version] as EarlierVersion).upcast(upToDate as never);
    }
    return (validators.get(newest) as Validator<unknown>)(upToDate);
  };
}

/**
 * Checks what somebody wrote in a message's place against the event's schema. Throws `invalid_input`, with the paths in the message; what the
 * consumer does not subscribe to is not checked.
 */
export function assertReadable(subscriptions: readonly Subscription[], message: Message): void {
  const subscription = subscriptions.find(({ event }) => event.type === message.type);
  if (!subscription) return;
  try {
    // A copy, since reading fills in what the schema has defaults for.
    bodyReader(subscription.event)(structuredClone(message));
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const isBodys = invalidInput.is(error);
    const errors = error.errors?.map((each) => (isBodys ? { ...each, path: `/body${each.path}` } : each));
    throw invalidInput.failure({ cause: error, errors: errors ?? [] });
  }
}

function assertRecent(message: Message, now: Date): void {
  const age = now.getTime() - Date.parse(message.time);
  if (age <= OLDEST_DAYS * 86_400_000) return;
  throw unreadable("/time", Number.isNaN(age) ? "must be RFC 3339" : "is so old that it can't be known for a repeat");
}

const unreadable = (path: string, message: string) =>
  messageUnreadable.failure({ errors: [{ path, message }] as FieldError[] });
