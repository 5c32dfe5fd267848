import type { Audience } from "./broker.ts";

/** What each consumer wants. */
export function byConsumer(audience: Audience): Map<string, string[]> {
  const consumers = new Map<string, string[]>();
  for (const [type, names] of audience) {
    for (const name of names) consumers.set(name, [...(consumers.get(name) ?? []), type]);
  }
  return consumers;
}
