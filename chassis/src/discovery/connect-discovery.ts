import { ConfigurationError } from "../core/config.ts";
import type { Log } from "../telemetry/log.ts";
import { consulDiscovery } from "./consul/consul.ts";
import type { Discovery, Instances } from "./discovery.ts";
import { dnsDiscovery } from "./dns/dns.ts";
import { type StaticDiscovery, staticDiscovery } from "./static.ts";

/** Discovery that a supervisor may keep up to date, where it is of that kind. */
export type ConnectedDiscovery = Discovery & Partial<Pick<StaticDiscovery, "update">>;

/**
 * Makes the discovery that the setting DISCOVERY_URL names: `static:` knows `instances` and takes updates, `consul://host:port` asks a
 * registry, `dns:` the names of the network. Throws {@link ConfigurationError} for any other.
 */
export async function connectDiscovery(
  url: string,
  { instances, log }: { instances: Instances; log: Log },
): Promise<ConnectedDiscovery> {
  if (url === "static:") return staticDiscovery(instances);
  if (url.startsWith("consul://")) return consulDiscovery(url, { log });
  if (url.startsWith("dns:")) return dnsDiscovery(url, { log });
  throw new ConfigurationError(["DISCOVERY_URL must be static:, consul://host:port or dns:"]);
}
