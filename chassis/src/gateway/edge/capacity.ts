import type { PlaceLimits } from "../admission/places.ts";

/** How much a process can have open at once. */
export type Capacity = {
  /** Connections of clients, in all and from one network. */
  readonly connections: { readonly all: number; readonly network: number };
  /** What lasts long, of each kind. */
  readonly lasting: number;
};

/** Descriptors for all else that a process has open; at most half of those that there are. */
const RESERVE = 128;
/** Beyond that it would be memory that is missing. */
const MOST = 131_072;
const MOST_LASTING = 4_096;

/**
 * Shares a process's descriptors out. Each connection of a client may need another one to a service; of the clients' connections a quarter
 * may be streams and a quarter requests that wait, so that the rest is left for others, and three quarters may come from one network.
 */
export function capacityOf(descriptors: number): Capacity {
  const usable = Math.min(descriptors, MOST);
  const all = Math.floor((usable - Math.min(RESERVE, usable / 2)) / 2);
  return {
    connections: { all, network: Math.ceil((all * 3) / 4) },
    lasting: Math.min(MOST_LASTING, Math.ceil(all / 4)),
  };
}

/** Places for what lasts long: so many for a reader, four times as many for a network, but for no network more than three quarters of all. */
export function placesOf(reader: number, { lasting: all }: Capacity): PlaceLimits {
  const network = Math.min(reader * 4, Math.ceil((all * 3) / 4));
  return { reader: Math.min(reader, network), network, all };
}
