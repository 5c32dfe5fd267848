import type { Clock } from "../core/clock.ts";
import type { Discovery } from "./discovery.ts";

/** Discovery that remembers whom it was asked for. */
export type Seeking = Discovery & {
  /** Resolves as soon as somebody is known of each service that it was asked for. */
  found(clock: Clock): Promise<void>;
};

/** Milliseconds between looks: asking costs nothing. */
const PATIENCE = 20;

/** Makes a discovery remember whom it was asked for. */
export function seeking(discovery: Discovery): Seeking {
  const sought = new Set<string>();
  return {
    instances(service) {
      sought.add(service);
      return discovery.instances(service);
    },
    register: (instance) => discovery.register(instance),
    close: () => discovery.close(),
    async found(clock) {
      while ([...sought].some((service) => discovery.instances(service).length === 0)) await clock.sleep(PATIENCE);
    },
  };
}
