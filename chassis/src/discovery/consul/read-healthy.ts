import { isIPv6 } from "node:net";

const HOST = /^(?=.{1,253}$)[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i;

/**
 * The addresses in an answer of `/v1/health/service/{name}`. What does not name an instance of just this service is passed over; throws
 * when it is no list, or a list of nothing but such.
 */
export function readHealthy(body: unknown, name: string): string[] {
  if (!Array.isArray(body)) throw new Error("the registry's answer is no list");
  const addresses = body.map((entry) => addressOf(entry, name)).filter((address) => address !== undefined);
  if (body.length > 0 && addresses.length === 0)
    throw new Error("the registry's list holds no instance of the service");
  return addresses;
}

function addressOf(entry: unknown, name: string): string | undefined {
  const node = field(entry, "Node");
  const service = field(entry, "Service");
  const port = field(service, "Port");
  // Without an address of its own, an instance is where its node is.
  const host = field(service, "Address") || field(node, "Address");
  if (field(service, "Service") !== name || typeof host !== "string") return undefined;
  if (typeof port !== "number" || !Number.isInteger(port) || port < 1 || port > 65_535) return undefined;
  if (isIPv6(host)) return `http://[${host}]:${port}`;
  return HOST.test(host) ? new URL(`http://${host}:${port}`).origin : undefined;
}

const field = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
