import type { Event } from "../contract/event.ts";
import { jsonValidator, type Validator } from "../contract/validate.ts";
import { type Clock, systemClock } from "../core/clock.ts";
import { internalError } from "../core/failure.ts";
import { newId } from "../core/id.ts";
import { currentContext, newContext } from "../telemetry/context.ts";
import { inSpan } from "../telemetry/span.ts";
import { formatTraceparent } from "../telemetry/trace-context.ts";
import { tooLargeFault } from "./envelope.ts";
import type { Message } from "./message.ts";
import type { Publish } from "./messaging.ts";
import { addToOutbox, type Written } from "./outbox-store.ts";

export type PublishOptions = {
  /** The service that publishes: the source of its messages. */
  service: string;
  /** Called after each commit that left something in the outbox: wakes the relay. */
  onCommit: () => void;
  clock?: Clock;
};

/**
 * Makes the `publish` of a service. A body that does not fit the event's schema, or is too large for a message, is a bug: it
 * throws `internal_error`, and nothing is published.
 */
export function createPublish({ service, onCommit, clock = systemClock }: PublishOptions): Publish {
  const validators = new WeakMap<Event, Validator<unknown>>();
  return async (tx, event, body) => {
    let validate = validators.get(event);
    if (!validate) {
      validate = jsonValidator(event.body);
      validators.set(event, validate);
    }
    assertFits(validate, event, body);
    await inSpan(`create ${event.type}`, { kind: "producer", attributes: attributesOf(event) }, () =>
      addToOutbox(tx, sized(envelope(service, event, body as Record<string, unknown>, clock))),
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

function assertFits(validate: Validator<unknown>, event: Event, body: unknown): void {
  try {
    validate(body);
  } catch (cause) {
    throw internalError.failure({ cause: new Error(`the body of ${event.type} does not fit its schema`, { cause }) });
  }
}

/** One that no broker takes is a bug of whoever publishes it, and found here, before anything is committed. */
function sized(message: Message): Written {
  const text = JSON.stringify(message);
  const fault = tooLargeFault(Buffer.byteLength(text));
  if (fault) throw internalError.failure({ cause: new Error(`${message.type}: ${fault}`) });
  return { text };
}

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
