import { ConfigurationError } from "../core/configuration/config.ts";
import type { Discovery, Instances } from "./discovery.ts";

/** Discovery that knows what it was told. */
export type StaticDiscovery = Discovery & {
  /** From now on these are the instances; a service that is not named has none. */
  update(instances: Instances): void;
};

const NONE: readonly string[] = [];

/** Discovery among `initial`, until it is told otherwise. */
export function staticDiscovery(initial: Instances): StaticDiscovery {
  let known = copy(initial);
  return {
    instances: (service) => known.get(service) ?? NONE,
    update(instances) {
      known = copy(instances);
    },
    register: async () => async () => {},
    async close() {},
  };
}

const copy = (instances: Instances): ReadonlyMap<string, readonly string[]> =>
  new Map(Object.entries(instances).map(([service, addresses]) => [service, [...addresses]]));

/** Reads the setting INSTANCES: a JSON object of addresses by service. Throws {@link ConfigurationError}. */
export function parseInstances(json: string): Instances {
  const value = parse(json);
  const right =
    typeof value === "object" && value !== null && !Array.isArray(value) && Object.values(value).every(isAddresses);
  if (!right) throw new ConfigurationError(['INSTANCES must be JSON like {"orders": ["http://127.0.0.1:41003"]}']);
  return value as Instances;
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

const isAddresses = (value: unknown): boolean => Array.isArray(value) && value.every(isAddress);

/** An origin and nothing more: scheme, host and port. */
function isAddress(value: unknown): boolean {
  return typeof value === "string" && URL.canParse(value) && new URL(value).origin === value && /^https?:/.test(value);
}
