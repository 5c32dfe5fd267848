import { personalNames } from "../contract/personal.ts";
import type { ServiceDefinition } from "./definition.ts";
import { consumedEvent } from "./host/assemble-subscriptions.ts";

/** The names of all fields that tell who somebody is, in what a service answers, tells and hears. */
export function personalFields({ contract, consumes }: Pick<ServiceDefinition, "contract" | "consumes">): Set<string> {
  const calls = Object.values(contract.calls).flatMap(({ shape: { body, query, replies } }) => [
    body,
    query,
    ...Object.values(replies),
  ]);
  const events = [...Object.values(contract.events), ...consumes.map(consumedEvent)].map(({ body }) => body);
  return new Set([...calls, ...events].flatMap((schema) => (schema ? personalNames(schema) : [])));
}
