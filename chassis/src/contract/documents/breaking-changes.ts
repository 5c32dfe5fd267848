import type { Call } from "../call.ts";
import type { Contract } from "../contract.ts";
import type { Event } from "../event.ts";
import { PERSONAL } from "../personal.ts";
import { SENSITIVE } from "../sensitive.ts";

type Schema = { readonly [keyword: string]: unknown };

/** What others rely on of a call and of an event; JSON throughout. */
export type ReleasedCall = { access: string; key: string; request: Schema; replies: Record<string, Schema | null> };
export type ReleasedEvent = { key: string; version: number; bodies: Record<string, Schema> };

/** What was released: calls by `service POST /path`, events by their type. */
export type Release = { calls: Record<string, ReleasedCall>; events: Record<string, ReleasedEvent> };

/** Writes down what others rely on once it is released. */
export function releaseOf(contracts: readonly Contract[]): Release {
  const calls = contracts.flatMap(({ service, calls }) =>
    Object.values(calls).map((call) => [`${service} ${call.method} ${call.path}`, releasedCall(call)] as const),
  );
  const events = contracts.flatMap(({ events }) =>
    Object.values<Event>(events).map((event) => [event.type, releasedEvent(event)] as const),
  );
  return JSON.parse(JSON.stringify({ calls: Object.fromEntries(calls), events: Object.fromEntries(events) }));
}

function releasedCall({ shape }: Call): ReleasedCall {
  const { access, idempotencyKey = "none", params, query, headers, body, replies } = shape;
  const parts = Object.entries({ params, query, headers, body }).filter(([, schema]) => schema !== undefined);
  const request = { type: "object", properties: Object.fromEntries(parts), required: body ? ["body"] : [] };
  return { access, key: idempotencyKey, request, replies: replies as unknown as ReleasedCall["replies"] };
}

function releasedEvent({ key, version, body, earlier }: Event): ReleasedEvent {
  const before = Object.entries(earlier).map(([number, each]) => [number, each.body]);
  return { key, version, bodies: { ...Object.fromEntries(before), [version]: body } };
}

/**
 * What in `now` breaks those who rely on `released`, one line each. A request that was good must stay good, a reply must keep what it
 * had; the body of a released version of an event never changes, since consumers refuse fields they do not know.
 */
export function breakingChanges(released: Release, now: Release): string[] {
  const calls = Object.entries(released.calls).flatMap(([name, before]) => {
    const after = now.calls[name];
    return after ? callChanges(name, before, after) : [`${name} is gone`];
  });
  const events = Object.entries(released.events).flatMap(([type, before]) => {
    const after = now.events[type];
    return after ? eventChanges(type, before, after) : [`${type} is gone`];
  });
  return [...calls, ...events];
}

function callChanges(name: string, before: ReleasedCall, after: ReleasedCall): string[] {
  const gone = Object.keys(before.replies).filter((status) => !(status in after.replies));
  const replies = Object.entries(before.replies).flatMap(([status, schema]) =>
    schema && after.replies[status] ? narrowed(`${name} reply ${status}`, after.replies[status], schema) : [],
  );
  return [
    ...(before.access === after.access ? [] : [`${name} is ${after.access}, no longer ${before.access}`]),
    ...(after.key === "required" && before.key !== "required" ? [`${name} needs an idempotency key now`] : []),
    ...narrowed(`${name} request`, before.request, after.request),
    ...gone.map((status) => `${name} no longer answers ${status}`),
    ...replies,
  ];
}

function eventChanges(type: string, before: ReleasedEvent, after: ReleasedEvent): string[] {
  const bodies = Object.entries(before.bodies).flatMap(([version, body]) => {
    const same = after.bodies[version];
    if (!same) return [`${type} version ${version} can no longer be read`];
    return meaning(same) === meaning(body)
      ? []
      : [`${type} version ${version} has another body: make it a new version`];
  });
  return [
    ...(before.key === after.key ? [] : [`${type} is ordered by ${after.key}, no longer by ${before.key}`]),
    ...(after.version < before.version
      ? [`${type} is published in version ${after.version}, after ${before.version}`]
      : []),
    ...bodies,
  ];
}

/** Where something that fits `wide` might not fit `narrow`, as far as fields and their types tell. */
function narrowed(path: string, wide: Schema, narrow: Schema): string[] {
  const [before, after] = [fieldsOf(wide), fieldsOf(narrow)];
  if (!before || !after) return meaning(wide) === meaning(narrow) ? [] : [`${path} is another type`];
  const required = (narrow["required"] ?? []) as string[];
  const wasRequired = (wide["required"] ?? []) as string[];
  const missing = required
    .filter((name) => !wasRequired.includes(name))
    .map((name) => `${path}/${name} is not always there`);
  const fields = Object.entries(before).flatMap(([name, schema]) => {
    const counterpart = after[name];
    if (counterpart) return narrowed(`${path}/${name}`, schema, counterpart);
    return narrow["additionalProperties"] === false && path.includes("request") ? [`${path}/${name} is gone`] : [];
  });
  return [...missing, ...fields];
}

const fieldsOf = (schema: Schema) => schema["properties"] as Record<string, Schema> | undefined;

/** A schema without what only people read. */
const meaning = (schema: Schema): string =>
  JSON.stringify(schema, (key, value) =>
    ["description", "title", "examples", "default", PERSONAL, SENSITIVE].includes(key) ? undefined : value,
  );
