import { CANCELLED, NODATA, NOTFOUND, Resolver } from "node:dns/promises";
import { isIPv6 } from "node:net";
import type { DnsSettings } from "./dns-settings.ts";

/** What a look found: addresses `http://host:port`, and for how many seconds they are good; undefined when that was not told. */
export type Found = { readonly addresses: readonly string[]; readonly seconds: number | undefined };

/** Looks names up. */
export type LookUp = {
  /** Finds the instances of a service; none when there is no such name. Rejects when no server answers, or none with sense. */
  (service: string): Promise<Found>;
  /** Ends all looks under way. */
  cancel(): void;
};

type Address = { readonly address: string; readonly ttl: number };

/** Makes the look-up that the settings ask for. Each question is tried twice within 2 seconds. */
export function createLookUp({ name, type, port, server }: DnsSettings): LookUp {
  const resolver = new Resolver({ timeout: 1_000, tries: 2 });
  if (server !== undefined) resolver.setServers([server]);

  /** Addresses of version 4, or else of version 6. */
  async function addressesOf(host: string): Promise<Address[]> {
    const found = await orNone(resolver.resolve4(host, { ttl: true }));
    return found.length > 0 ? found : orNone(resolver.resolve6(host, { ttl: true }));
  }

  async function byAddress(host: string): Promise<Found> {
    const found = await addressesOf(host);
    return { addresses: found.map(({ address }) => origin(address, port)), seconds: least(found) };
  }

  /** Only the records of the first priority count; their weights do not, since load is balanced by what is under way. */
  async function byRecord(host: string): Promise<Found> {
    const records = (await orNone(resolver.resolveSrv(host))).filter((record) => record.port > 0);
    const first = records.filter(({ priority }) => priority === Math.min(...records.map((each) => each.priority)));
    const found = await Promise.all(
      first.map(async (record) => ({ port: record.port, hosts: await addressesOf(record.name) })),
    );
    return {
      addresses: found.flatMap((each) => each.hosts.map(({ address }) => origin(address, each.port))),
      seconds: least(found.flatMap(({ hosts }) => hosts)),
    };
  }

  const find = type === "SRV" ? byRecord : byAddress;
  return Object.assign((service: string) => find(name.replace("{service}", service)), {
    cancel: () => resolver.cancel(),
  });
}

/** That there is no such name is an answer. */
async function orNone<T>(asked: Promise<T[]>): Promise<T[]> {
  try {
    return await asked;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === NOTFOUND || code === NODATA) return [];
    throw code === CANCELLED ? error : new Error(`the name server fails: ${code}`, { cause: error });
  }
}

const least = (found: readonly Address[]): number | undefined =>
  found.length > 0 ? Math.min(...found.map(({ ttl }) => ttl)) : undefined;

const origin = (address: string, port: number): string =>
  new URL(`http://${isIPv6(address) ? `[${address}]` : address}:${port}`).origin;
