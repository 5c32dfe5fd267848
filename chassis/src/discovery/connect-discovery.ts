import { ConfigurationError } from "../core/configuration/config.ts";
import type { Log } from "../telemetry/log.ts";
import { readConsulSettings } from "./consul/consul-settings.ts";
import type { Discovery, Instances } from "./discovery.ts";
import { dnsDiscovery } from "./dns/dns.ts";
import { readDnsSettings } from "./dns/dns-settings.ts";
import { type StaticDiscovery, staticDiscovery } from "./static.ts";

const ANY = "DISCOVERY_URL must be static:, consul://host:port or dns:";

/** Discovery that a supervisor may keep up to date, where it is of that kind. */
export type ConnectedDiscovery = Discovery & Partial<Pick<StaticDiscovery, "update">>;

/** What is wrong with a setting DISCOVERY_URL, in one line that tells nothing of it; undefined when nothing is. */
export function discoveryFault(url: string): string | undefined {
  try {
    if (url.startsWith("consul://")) readConsulSettings(url);
    else if (url.startsWith("dns:")) readDnsSettings(url);
    else if (url !== "static:") return ANY;
    return undefined;
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message;
    throw error;
  }
}

/**
 * Makes the discovery that the setting DISCOVERY_URL names: `static:` knows `instances` and takes updates, `consul://host:port` asks a
 * registry, `dns:` the names of the network. Throws {@link ConfigurationError} for any other.
 */
export async function connectDiscovery(
  url: string,
  { instances, log }: { instances: Instances; log: Log },
): Promise<ConnectedDiscovery> {
  if (url === "static:") return staticDiscovery(instances);
  if (url.startsWith("consul://")) {
    // Its HTTP client costs every process memory, whoever needs it.
    const { consulDiscovery } = await import("./consul/consul.ts");
    return consulDiscovery(url, { log });
  }
  if (url.startsWith("dns:")) return dnsDiscovery(url, { log });
  throw new ConfigurationError([ANY]);
}
