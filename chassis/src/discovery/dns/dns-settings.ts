import { isIP } from "node:net";
import { ConfigurationError } from "../../core/configuration/config.ts";

/** How names are looked up. */
export type DnsSettings = {
  /** The name of a service; `{service}` stands for what it is called here. */
  readonly name: string;
  /** `A` (or `AAAA`): the name has the addresses, and all instances one port. `SRV`: the records name host and port. */
  readonly type: "A" | "SRV";
  /** The port of instances that only an address is known of. */
  readonly port: number;
  /** The server to ask, `address` or `address:port`; undefined: those of the machine. */
  readonly server: string | undefined;
};

const USE =
  "DISCOVERY_URL must be like dns:, dns:{service}.shop.svc.cluster.local?port=3000, dns:_http._tcp.{service}.example or " +
  "dns://10.0.0.2:53/{service}.service.consul?type=SRV";
const NAME = /^(?=.{1,200}$)[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?$/i;
const DEFAULT_PORT = "3000";

/**
 * Reads `dns:[//server[:port]/][name][?type=A|SRV&port=N]`, after RFC 4501. Without a name it is `{service}`; a name that begins with an
 * underscore has SRV records, any other addresses; the port is 3000. Throws {@link ConfigurationError}.
 */
export function readDnsSettings(url: string): DnsSettings {
  const [, server, name = "", query = ""] = /^dns:(?:\/\/([^/?]*)\/?)?([^?]*)(?:\?(.*))?$/.exec(url) ?? ["", "?"];
  const template = name === "" ? "{service}" : name;
  const options = new URLSearchParams(query);
  const type = options.get("type") ?? (template.startsWith("_") ? "SRV" : "A");
  const port = options.get("port") ?? DEFAULT_PORT;
  const known = [...options.keys()].every((key) => key === "type" || key === "port");
  const named = template.split("{service}").length === 2 && NAME.test(template.replace("{service}", "s"));
  const ported = /^\d{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= 65_535;
  if (!known || !named || !ported || (type !== "A" && type !== "SRV") || !isServer(server)) {
    throw new ConfigurationError([USE]);
  }
  return { name: template, type, port: Number(port), server: server === "" ? undefined : server };
}

/** An IP address with or without a port, in brackets if it is one of version 6 with a port. */
function isServer(text: string | undefined): boolean {
  if (text === undefined || text === "" || isIP(text) !== 0) return true;
  const [, host = "", port = ""] = /^(.*):(\d{1,5})$/.exec(text) ?? [];
  return isIP(host.replace(/^\[|\]$/g, "")) !== 0 && Number(port) >= 1 && Number(port) <= 65_535;
}
