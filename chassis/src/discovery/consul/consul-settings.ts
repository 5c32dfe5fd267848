import { ConfigurationError } from "../../core/configuration/config.ts";

/** How Consul is used. */
export type ConsulSettings = {
  /** The agent's address, `http://host:port`. */
  readonly agent: string;
  /** What leads the names of our services in Consul, so that several systems can share it. */
  readonly prefix: string;
  /** The token of its access control. */
  readonly token: string | undefined;
};

const USE = "DISCOVERY_URL must be like consul://host:8500, consul://host:8500/prefix or consul://:token@host:8500";

/** Reads `consul://[:token@]host[:8500][/prefix]`. Throws {@link ConfigurationError}, without the value, which may hold a token. */
export function readConsulSettings(url: string): ConsulSettings {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const [, prefix] = /^\/?([a-z][a-z0-9-]{0,30})?\/?$/.exec(parsed?.pathname ?? "?") ?? [];
  const odd = parsed?.search || parsed?.hash || parsed?.username;
  if (!parsed?.hostname || odd || (prefix === undefined && !/^\/?$/.test(parsed.pathname)))
    throw new ConfigurationError([USE]);
  return {
    agent: `http://${parsed.hostname}:${parsed.port || 8500}`,
    prefix: prefix === undefined ? "" : `${prefix}-`,
    token: parsed.password === "" ? undefined : decodeURIComponent(parsed.password),
  };
}
