/** What a registry said last of each service, as far as it was good. */
export type LastKnownGood = {
  /** The addresses of a service; calls `begin` when it is asked for the first time. */
  instances(service: string): readonly string[];
  /**
   * Takes what the registry says now. That nobody is there is not believed once somebody was: a registry that was just started, or lost
   * what it knew, says the same, and whoever is really gone answers no calls.
   */
  learn(service: string, addresses: readonly string[]): void;
};

const NONE: readonly string[] = [];

/** Remembers the addresses of each service; while they stay the same, so does the array. */
export function lastKnownGood(begin: (service: string) => void): LastKnownGood {
  const known = new Map<string, readonly string[]>();
  return {
    instances(service) {
      const addresses = known.get(service);
      if (addresses !== undefined) return addresses;
      known.set(service, NONE);
      begin(service);
      return NONE;
    },
    learn(service, addresses) {
      const told = [...new Set(addresses)].sort();
      const before = known.get(service) ?? NONE;
      const same = told.length === before.length && told.every((address, at) => address === before[at]);
      if (told.length > 0 && !same) known.set(service, told);
    },
  };
}
