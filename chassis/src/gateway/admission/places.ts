import type { Exchange } from "../edge/exchange.ts";

/** What lasts long and is under way: as much as there is room for. */
export type Places = {
  /** Takes a place for an exchange until it is over; tells whose places are all taken when there is none. */
  take(exchange: Exchange, reader: string, network: string): "reader" | "network" | "all" | undefined;
  /** How many are left for a reader. */
  left(reader: string): number;
  taken(): number;
};

export type PlaceLimits = {
  /** For one user, or one address that is not signed in. */
  readonly reader: number;
  /** For all who share a network. */
  readonly network: number;
  readonly all: number;
};

/** Bounds what is under way at once in this process. */
export function countPlaces(limits: PlaceLimits): Places {
  const readers = new Map<string, number>();
  const networks = new Map<string, number>();
  let all = 0;

  return {
    take({ response }, reader, network) {
      // Its end has been told already, and would not be told again.
      if (response.destroyed) return undefined;
      if ((readers.get(reader) ?? 0) >= limits.reader) return "reader";
      if ((networks.get(network) ?? 0) >= limits.network) return "network";
      if (all >= limits.all) return "all";
      all += 1;
      change(readers, reader, 1);
      change(networks, network, 1);
      response.once("close", () => {
        all -= 1;
        change(readers, reader, -1);
        change(networks, network, -1);
      });
      return undefined;
    },
    left: (reader) => Math.max(0, limits.reader - (readers.get(reader) ?? 0)),
    taken: () => all,
  };
}

function change(counts: Map<string, number>, key: string, by: 1 | -1): void {
  const count = (counts.get(key) ?? 0) + by;
  if (count === 0) counts.delete(key);
  else counts.set(key, count);
}
