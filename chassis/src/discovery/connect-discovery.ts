import { ConfigurationError } from "../core/config.ts";
import type { Log } from "../telemetry/log.ts";
import type { Discovery, Instances } from "./discovery.ts";
import { type StaticDiscovery, staticDiscovery } from "./static.ts";

/** Discovery that a supervisor may keep up to date, where it is of that kind. */
export type ConnectedDiscovery = Discovery & Partial<Pick<StaticDiscovery, "update">>;

/**
 * Makes the discovery that the setting DISCOVERY_URL names. `static:` knows `instances` and takes updates. Throws
 * {@link ConfigurationError} for any other.
 */
export async function connectDiscovery(
  url: string,
  options: { instances: Instances; log: Log },
): Promise<ConnectedDiscovery> {
  if (url === "static:") return staticDiscovery(options.instances);
  throw new ConfigurationError(["DISCOVERY_URL must be static: (no other kind of discovery is supported)"]);
}
