import { type Clock, systemClock } from "../../core/clock.ts";
import type { Log } from "../../telemetry/log.ts";
import type { Discovery } from "../discovery.ts";
import { keepLooking } from "../keep-looking.ts";
import { lastKnownGood } from "../last-known-good.ts";
import { consulAgent } from "./consul-agent.ts";
import { readConsulSettings } from "./consul-settings.ts";
import { registerInstance } from "./registration.ts";
import { watchService } from "./watch-service.ts";

/**
 * Discovery by Consul (1.8 or newer): instances register at an agent, which looks after their health, and are heard of as soon as that
 * changes. Throws a ConfigurationError when `url` is not `consul://[:token@]host[:port][/prefix]`.
 */
export function consulDiscovery(
  url: string,
  options: { readonly log: Log; readonly clock?: Clock; readonly random?: () => number },
): Discovery {
  const settings = readConsulSettings(url);
  const { prefix } = settings;
  const { log, clock = systemClock, random = Math.random } = options;
  const agent = consulAgent(settings);
  const closing = new AbortController();
  const watches: Promise<void>[] = [];

  const known = lastKnownGood((service) => {
    const name = prefix + service;
    const look = watchService({ agent, name, clock }, (told) => known.learn(service, told));
    watches.push(keepLooking(name, look, { signal: closing.signal, log, clock, random }));
  });

  return {
    instances: known.instances,
    register: (instance) => registerInstance({ agent, prefix, clock, log, random }, instance),
    async close() {
      closing.abort();
      await agent.close();
      await Promise.all(watches);
    },
  };
}
