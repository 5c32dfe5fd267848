import type { IncomingMessage } from "node:http";
import { BlockList, isIP, isIPv6, type Socket } from "node:net";
import { type Hops, hopsOfForwarded, hopsOfForwardedFor } from "./forwarded.ts";
import { networkOfAddress, plainAddress } from "./ip-address.ts";

const known = new WeakMap<Socket, string>();

/** The network a connection comes from, as limits count it: an IPv4 address, or the first 64 bits of an IPv6 address. */
export function networkOf(socket: Socket): string {
  const before = known.get(socket);
  if (before !== undefined) return before;
  const network = networkOfAddress(socket.remoteAddress ?? "unknown");
  known.set(socket, network);
  return network;
}

/** Tells which addresses belong to these networks (CIDR). Throws for what is no network. */
export function trustIn(trusted: readonly string[]): (address: string) => boolean {
  const proxies = networks(trusted);
  return (address) =>
    trusted.length > 0 && isIP(address) !== 0 && proxies.check(address, isIPv6(address) ? "ipv6" : "ipv4");
}

/** The address of the client behind a request. */
export type ClientAddress = (request: IncomingMessage) => string;

/**
 * Tells where clients are. Only connections from the networks `trusted` (CIDR, such as `10.0.0.0/8`) are believed when they say by
 * `X-Forwarded-For` or `Forwarded` whom they speak for: from the right, the first address that is not itself trusted. Where both are there and say
 * different things, one of them is the client's own, and neither is believed. Throws for what is no network.
 */
export function clientAddresses(trusted: readonly string[]): ClientAddress {
  const isTrusted = trustIn(trusted);

  function behind(peer: string, hops: Hops): string {
    let known = peer;
    for (const address of hops) {
      // What is no address was not written by a proxy of ours.
      if (address === undefined) return known;
      known = address;
      if (!isTrusted(known)) return known;
    }
    return known;
  }

  return ({ socket, headers }) => {
    const peer = plainAddress(socket.remoteAddress ?? "unknown");
    if (!isTrusted(peer)) return peer;
    const told = [hopsOfForwardedFor(headers), hopsOfForwarded(headers)].filter((hops) => hops !== undefined);
    const [client = peer, other = client] = told.map((hops) => behind(peer, hops));
    return client === other ? client : peer;
  };
}

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
