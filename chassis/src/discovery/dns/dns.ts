import { type Clock, systemClock } from "../../core/clock.ts";
import type { Log } from "../../telemetry/log.ts";
import type { Discovery } from "../discovery.ts";
import { keepLooking } from "../keep-looking.ts";
import { lastKnownGood } from "../last-known-good.ts";
import { readDnsSettings } from "./dns-settings.ts";
import { createLookUp } from "./look-up.ts";

/** Milliseconds between looks as long as nobody was found: who starts now wants to know. */
const IMPATIENCE = 250;
/** Milliseconds between looks after that: as long as the records are good, within these bounds. */
const SHORTEST = 1_000;
const LONGEST = 5_000;

/**
 * Discovery by names: Compose and Kubernetes give each service one that has the addresses of its instances, others have SRV records. A
 * name is looked up again when its records are no longer good. Throws a ConfigurationError when `url` is not as {@link readDnsSettings}
 * wants it.
 */
export function dnsDiscovery(
  url: string,
  options: { readonly log: Log; readonly clock?: Clock; readonly random?: () => number },
): Discovery {
  const lookUp = createLookUp(readDnsSettings(url));
  const { log, clock = systemClock, random = Math.random } = options;
  const closing = new AbortController();
  const watches: Promise<void>[] = [];

  const known = lastKnownGood((service) => {
    const look = async () => {
      const { addresses, seconds = 0 } = await lookUp(service);
      known.learn(service, addresses);
      if (known.instances(service).length === 0) return IMPATIENCE;
      return Math.min(LONGEST, Math.max(SHORTEST, seconds * 1_000));
    };
    watches.push(keepLooking(service, look, { signal: closing.signal, log, clock, random }));
  });

  return {
    instances: known.instances,
    register: async () => async () => {},
    async close() {
      closing.abort();
      lookUp.cancel();
      await Promise.all(watches);
    },
  };
}
