import type { IncomingMessage } from "node:http";
import { BlockList, isIP, isIPv6, type Socket } from "node:net";

const known = new WeakMap<Socket, string>();

/** The network a connection comes from, as limits count it: an IPv4 address, or the first 64 bits of an IPv6 address. */
export function networkOf(socket: Socket): string {
  const before = known.get(socket);
  if (before !== undefined) return before;
  const network = networkOfAddress(socket.remoteAddress ?? "unknown");
  known.set(socket, network);
  return network;
}

/** An IPv4 address as it is, also one written as IPv6 (`::ffff:1.2.3.4`); of an IPv6 address its /64: `2001:db8:0:1::/64`. */
export function networkOfAddress(address: string): string {
  const unmapped = plain(address);
  if (!unmapped.includes(":") || !isIPv6(unmapped)) return unmapped;
  const [head = "", tail] = (unmapped.split("%")[0] as string).split("::");
  const groups = head === "" ? [] : head.split(":");
  if (tail !== undefined) {
    const behind = tail === "" ? [] : tail.split(":");
    groups.push(...Array<string>(8 - groups.length - behind.length).fill("0"), ...behind);
  }
  const first = groups.slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16));
  return `${first.join(":")}::/64`;
}

/** The address of the client behind a request. */
export type ClientAddress = (request: IncomingMessage) => string;

/**
 * Tells where clients are. Only connections from the networks `trusted` (CIDR, such as `10.0.0.0/8`) are believed when they say by
 * `X-Forwarded-For` whom they speak for: from the right, the first address that is not itself trusted. Throws for what is no network.
 */
export function clientAddresses(trusted: readonly string[]): ClientAddress {
  const proxies = networks(trusted);
  const isTrusted = (address: string) => proxies.check(address, isIPv6(address) ? "ipv6" : "ipv4");
  return ({ socket, headers }) => {
    const peer = plain(socket.remoteAddress ?? "unknown");
    if (trusted.length === 0 || isIP(peer) === 0 || !isTrusted(peer)) return peer;
    const hops = String(headers["x-forwarded-for"] ?? "").split(",");
    let known = peer;
    for (const hop of hops.reverse()) {
      const address = hop.trim();
      // What is no address was not written by a proxy of ours.
      if (isIP(address) === 0) return known;
      known = plain(address);
      if (!isTrusted(known)) return known;
    }
    return known;
  };
}

/** An IPv4 address that is written as IPv6 (`::ffff:1.2.3.4`) as it is. */
const plain = (address: string): string =>
  address.startsWith("::") ? (/^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address) : address;

function networks(cidrs: readonly string[]): BlockList {
  const list = new BlockList();
  for (const cidr of cidrs) {
    const [address = "", bits = ""] = cidr.split("/");
    const version = isIP(address);
    if (version === 0 || !/^\d{1,3}$/.test(bits) || Number(bits) > (version === 6 ? 128 : 32)) {
      throw new TypeError(`${cidr} is not a network such as 10.0.0.0/8`);
    }
    list.addSubnet(address, Number(bits), version === 6 ? "ipv6" : "ipv4");
  }
  return list;
}
