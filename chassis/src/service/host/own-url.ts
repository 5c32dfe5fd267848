import { type NetworkInterfaceInfo, networkInterfaces } from "node:os";
import type { HostSettings } from "./settings.ts";

type Interfaces = Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>;

/**
 * Where others reach this instance: at ADVERTISE_URL; else where it listens (`url`); and when that is every address of the machine, as in a
 * container, at the first that is not the machine's alone, IPv4 before IPv6.
 */
export function ownUrl(
  url: string,
  { HOST, ADVERTISE_URL }: Pick<HostSettings, "HOST" | "ADVERTISE_URL">,
  interfaces: Interfaces = networkInterfaces(),
): string {
  if (ADVERTISE_URL !== undefined) return ADVERTISE_URL;
  if (HOST !== "0.0.0.0" && HOST !== "::") return url;
  const reachable = Object.values(interfaces)
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, address }) => !internal && !/^(fe80:|169\.254\.)/i.test(address));
  const found = reachable.find(({ family }) => family === "IPv4") ?? (HOST === "::" ? reachable[0] : undefined);
  if (!found) return url;
  const host = found.family === "IPv6" ? `[${found.address}]` : found.address;
  const { protocol, port } = new URL(url);
  return `${protocol}//${host}:${port || 80}`;
}
