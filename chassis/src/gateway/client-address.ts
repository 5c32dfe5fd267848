import { isIPv6, type Socket } from "node:net";

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
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped) return mapped[1] as string;
  if (!isIPv6(address)) return address;
  const [head = "", tail] = (address.split("%")[0] as string).split("::");
  const groups = head === "" ? [] : head.split(":");
  if (tail !== undefined) {
    const behind = tail === "" ? [] : tail.split(":");
    groups.push(...Array<string>(8 - groups.length - behind.length).fill("0"), ...behind);
  }
  const first = groups.slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16));
  return `${first.join(":")}::/64`;
}
