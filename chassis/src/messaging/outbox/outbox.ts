import { currentContext, newContext } from "../../context/context.ts";
import { formatTraceparent } from "../../context/trace-context.ts";
import type { Event } from "../../contract/event.ts";
import { jsonValidator, type Validator } from "../../contract/validation/validate.ts";
import { type Clock, systemClock } from "../../core/clock.ts";
import { invalidInput } from "../../core/failure/failure.ts";
import { newId } from "../../core/id.ts";
import { inSpan } from "../../telemetry/tracing/span.ts";
import { unsendable } from "../envelope.ts";
import type { Message } from "../message.ts";
import type { Publish } from "../messaging.ts";
import { addToOutbox, type Written } from "./outbox-store.ts";
import { sendable } from "./sendable.ts";

export type PublishOptions = {
  /** The service that publishes: the source of its messages. */
  service: string;
  /** Called after each commit that left something in the outbox: wakes the relay. */
  onCommit: () => void;
  clock?: Clock;
};

/**
 * Makes the `publish` of a service. What is accepted can be delivered, handled and parked: a body is checked as it will be sent, and refused
 * with `invalid_input`, before anything is written, when its JSON does not fit the event's schema, is not what was given (NaN, Date, Map, BigInt,
 * a circle), holds NUL or half of a character, or is too deep or too large; and when its key is missing or has more than 1,000 bytes.
 */
export function createPublish({ service, onCommit, clock = systemClock }: PublishOptions): Publish {
  const validators = new WeakMap<Event, Validator<unknown>>();
  return async (tx, event, body) => {
    let validate = validators.get(event);
    if (!validate) {
      validate = jsonValidator(event.body);
      validators.set(event, validate);
    }
    const sent = validate(sendable(body)) as Record<string, unknown>;
    await inSpan(`create ${event.type}`, { kind: "producer", attributes: attributesOf(event) }, async () =>
      addToOutbox(tx, checked(envelope(service, event, sent, clock), event)),
    );
    tx.afterCommit(onCommit);
  };
}

const attributesOf = ({ type }: Event) => ({
  "messaging.system": "flotilla",
  "messaging.operation.name": "publish",
  "messaging.operation.type": "create",
  "messaging.destination.name": type,
});

function checked(message: Message, event: Event): Written {
  const key = (message.body as Record<string, unknown>)[event.key];
  if (typeof key !== "string" && typeof key !== "number" && typeof key !== "boolean")
    throw refused(`/${event.key}`, "is the key and must be a text or a number");
  const text = JSON.stringify(message);
  const fault = unsendable(message, Buffer.byteLength(text));
  if (fault) throw refused("", fault);
  return { text };
}

const refused = (path: string, message: string) => invalidInput.failure({ errors: [{ path, message }] });

function envelope(source: string, event: Event, body: Record<string, unknown>, clock: Clock): Message {
  const { requestId, trace } = currentContext() ?? newContext();
  return {
    id: newId(),
    type: event.type,
    version: event.version,
    key: String(body[event.key]),
    source,
    time: clock.now().toISOString(),
    body,
    requestId,
    traceparent: formatTraceparent(trace),
  };
}
