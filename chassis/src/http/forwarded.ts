import type { IncomingHttpHeaders } from "node:http";
import { readAddress } from "./ip-address.ts";

/** One part of a list: what is between commas (or semicolons) that are in no quotes. */
const ELEMENT = /(?:[^",]|"(?:[^"\\]|\\.)*")+/g;
const PAIR = /(?:[^";]|"(?:[^"\\]|\\.)*")+/g;
const FOR = /^\s*for\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s"]+))\s*$/i;

/** Characters. No chain of proxies writes more, and what is longer is not looked at. */
const LONGEST = 1_000;

/** Whom each proxy on the way says that it had its request from, the last proxy first; undefined for what is no address. */
export type Hops = readonly (string | undefined)[];

/** The hops in `X-Forwarded-For`; undefined where there is none. */
export function hopsOfForwardedFor({ "x-forwarded-for": header }: IncomingHttpHeaders): Hops | undefined {
  if (header === undefined) return undefined;
  const parts = String(header).split(",");
  return hopsOf(parts.map((part) => part.trim()).filter((part) => part !== ""));
}

/** The hops in `Forwarded` (RFC 7239); undefined where there is none. */
export function hopsOfForwarded({ forwarded: header }: IncomingHttpHeaders): Hops | undefined {
  if (header === undefined) return undefined;
  if (header.length > LONGEST) return [undefined];
  const elements = header.match(ELEMENT) ?? [];
  return hopsOf(elements.filter((element) => element.trim() !== "").map(nodeOf));
}

const hopsOf = (nodes: readonly string[]): Hops => nodes.map(readAddress).reverse();

/** What an element says by `for`; empty where it says nothing. */
function nodeOf(element: string): string {
  for (const pair of element.match(PAIR) ?? []) {
    const [, quoted, token] = FOR.exec(pair) ?? [];
    if (quoted !== undefined) return quoted.replace(/\\(.)/g, "$1");
    if (token !== undefined) return token;
  }
  return "";
}
