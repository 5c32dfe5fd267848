import { isIP } from "node:net";

/** An address written in IPv6, as its eight groups. */
function groupsOf(address: string): number[] {
  const [head = "", tail] = (address.split("%")[0] as string).split("::");
  const groups = numbersIn(head);
  if (tail === undefined) return groups;
  const behind = numbersIn(tail);
  return [...groups, ...Array<number>(8 - groups.length - behind.length).fill(0), ...behind];
}

/** The groups that a part of an address writes; the last two may be written as IPv4. */
const numbersIn = (part: string): number[] =>
  part === ""
    ? []
    : part.split(":").flatMap((group) => {
        if (!group.includes(".")) return [Number.parseInt(group, 16)];
        const [a = 0, b = 0, c = 0, d = 0] = group.split(".").map(Number);
        return [a * 256 + b, c * 256 + d];
      });

/** An IP address as it is, but for an IPv4 address that is written as IPv6, in any of the ways that there are: `::ffff:1.2.3.4`. */
export function plainAddress(address: string): string {
  if (!address.includes(":") || isIP(address) !== 6) return address;
  const groups = groupsOf(address);
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (!isMapped) return address;
  const [high = 0, low = 0] = groups.slice(6);
  return [high >> 8, high & 255, low >> 8, low & 255].join(".");
}

/** The network of an address, as limits count it: an IPv4 address, also one written as IPv6; of an IPv6 address its /64: `2001:db8:0:1::/64`. */
export function networkOfAddress(address: string): string {
  const plain = plainAddress(address);
  if (isIP(plain) !== 6) return plain;
  const first = groupsOf(plain).slice(0, 4);
  return `${first.map((group) => group.toString(16)).join(":")}::/64`;
}

const WITH_PORT = /^(?:([\d.]+)|\[([\da-f:.]+)\])(?::\w{1,16})?$/i;

/** The address in what proxies write of a client: `1.2.3.4`, `1.2.3.4:567`, `2001:db8::1`, `[2001:db8::1]:443`; undefined for what is none. */
export function readAddress(text: string): string | undefined {
  const [, v4, v6] = WITH_PORT.exec(text) ?? [];
  const address = v4 ?? v6 ?? text;
  return isIP(address) === 0 ? undefined : plainAddress(address);
}
