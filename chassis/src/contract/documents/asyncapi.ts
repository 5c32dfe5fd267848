import type { TObject } from "typebox";
import { Type } from "typebox";
import type { Contract } from "../contract.ts";
import type { Event } from "../event.ts";
import { Id, Time } from "../schema.ts";

/** What the document is about. */
export type AsyncApiOptions = { title: string; version: string; contracts: readonly Contract[] };

/** An AsyncAPI 3 document; JSON throughout. */
export type AsyncApiDocument = {
  asyncapi: string;
  channels: Record<string, unknown>;
  [field: string]: unknown;
};

/** Writes down every event of the contracts: one channel for each type, sent by the service that owns it. */
export function asyncApi({ title, version, contracts }: AsyncApiOptions): AsyncApiDocument {
  const events = contracts.flatMap(({ service, events }) =>
    Object.values(events).map((event) => ({ service, event, type: event.type })),
  );
  const document = {
    asyncapi: "3.0.0",
    info: { title, version },
    defaultContentType: "application/json",
    channels: Object.fromEntries(events.map(({ event, type }) => [type, channel(event)])),
    operations: Object.fromEntries(events.map(({ service, type }) => [`publish.${type}`, operation(service, type)])),
    components: {
      messages: Object.fromEntries(events.map(({ service, event, type }) => [type, message(service, event)])),
    },
  };
  return JSON.parse(JSON.stringify(document)) as AsyncApiDocument;
}

function channel({ type, key }: Event): unknown {
  return {
    address: type,
    description: `Events with the same \`${key}\` arrive in the order they were published, each at least once`,
    messages: { [type]: { $ref: `#/components/messages/${type}` } },
  };
}

function operation(service: string, type: string): unknown {
  return {
    action: "send",
    channel: { $ref: `#/channels/${type}` },
    summary: `${service} tells that this happened`,
    tags: [{ name: service }],
    messages: [{ $ref: `#/channels/${type}/messages/${type}` }],
  };
}

function message(service: string, event: Event): unknown {
  return { name: event.type, tags: [{ name: service }], payload: envelope(service, event) };
}

/** An event as it travels. */
const envelope = (service: string, { type, version, body }: Event): TObject =>
  Type.Object({
    id: Type.String({ ...Id, description: "Unique; a repeat has the same" }),
    type: Type.Literal(type),
    version: Type.Literal(version),
    key: Type.String(),
    source: Type.Literal(service),
    time: Time,
    body,
    requestId: Type.String(),
    traceparent: Type.String({ description: "W3C Trace Context" }),
  });
