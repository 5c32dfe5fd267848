import type { Contract } from "../../contract/contract.ts";
import type { Event } from "../../contract/event.ts";
import type { Subscription } from "../../messaging/messaging.ts";
import type { ServiceDefinition, Wiring } from "../definition.ts";

/** The event that an entry of `consumes` is about. */
export const consumedEvent = (declared: Event | Subscription): Event =>
  "handle" in declared ? declared.event : declared;

/**
 * Joins the events that a service declares to consume with their handlers, those of its wiring among them. Throws, in one line, when one has
 * no handler or two, or a handler is there for one that is not declared.
 */
export function assembleSubscriptions(
  { contract, consumes }: Pick<ServiceDefinition, "contract" | "consumes">,
  wiring: Pick<Wiring<Contract>, "consumes">,
): Subscription[] {
  const handlers = [...consumes.filter((each) => "handle" in each), ...(wiring.consumes ?? [])];
  const declared = new Set(consumes.map((each) => consumedEvent(each).type));
  const handled = handlers.map(({ event }) => event.type);
  const { service } = contract;
  for (const [index, type] of handled.entries()) {
    if (!declared.has(type))
      throw new Error(`${service} handles ${type}, which is not in its \`consumes\`: add it there`);
    if (handled.indexOf(type) !== index) throw new Error(`${service} has two handlers for ${type}: leave one`);
  }
  for (const type of declared) {
    if (!handled.includes(type))
      throw new Error(
        `${service} consumes ${type} without a handler: write on(…) in \`consumes\`, or return it from wire`,
      );
  }
  return handlers;
}
