import type { Call } from "./call.ts";
import type { Event } from "./event.ts";

/** What a service answers and what it tells: the whole of what others may know about it. */
export type Contract<
  Calls extends Record<string, Call> = Record<string, Call>,
  Events extends Record<string, Event> = Record<string, Event>,
> = {
  /** The service's name: its address in discovery and the issuer of its tokens. */
  readonly service: string;
  readonly calls: Calls;
  readonly events: Events;
};

type None = Record<never, never>;

/**
 * Writes a contract down; a service without calls or events leaves them out. Throws when two of its calls have one route or two of its events
 * one type, and for a call named `answers`, which is where a service's wiring has all of them.
 */
export function contract<Calls extends Record<string, Call> = None, Events extends Record<string, Event> = None>(
  service: string,
  parts: { calls?: Calls; events?: Events } = {},
): Contract<Calls, Events> {
  const { calls = {} as Calls, events = {} as Events } = parts;
  assertDistinct(Object.values(calls).map((call) => `${call.method} ${call.path.replace(/\{\w+\}/g, "{}")}`));
  assertDistinct(Object.values(events).map((event) => event.type));
  for (const event of Object.values(events)) publishers.set(event, service);
  for (const [name, call] of Object.entries(calls)) {
    if (!call.shape.access) throw new Error(`${service}.${name} does not say who may call it`);
    if (name === "answers") throw new Error(`${service}.${name} can't be the name of a call: choose another`);
  }
  return { service, calls, events };
}

const publishers = new WeakMap<Event, string>();

/** The service in whose contract the event is; undefined when it is in none. */
export const publisherOf = (event: Event): string | undefined => publishers.get(event);

function assertDistinct(names: string[]): void {
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice) throw new Error(`${twice} is there twice`);
}
