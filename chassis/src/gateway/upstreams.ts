import { addressOf } from "../client/http/address.ts";
import { type ConnectionPool, connectionPool } from "../client/http/connection-pool.ts";

/** Connections to the instances of the services, kept open. */
export type Upstreams = {
  /** The connections to an instance (`http://host:port`). Answers without end have connections of their own. */
  to(origin: string, endless: boolean): ConnectionPool;
  close(): void;
};

type Pools = { readonly brief: ConnectionPool; readonly endless: ConnectionPool };

/** To an instance; it shall see itself how much it has to do, calls that wait for something included. */
const CONNECTIONS = 256;
/** Milliseconds: who waits longer for a connection is refused, while there is time to ask again. */
const PATIENCE = 1_000;

/**
 * Opens connections as they are needed, and lets go of those to instances that `isKnown` no longer knows. What is under way there
 * ends first.
 */
export function createUpstreams(isKnown: (origin: string) => boolean): Upstreams {
  const origins = new Map<string, Pools>();

  function open(origin: string): Pools {
    for (const [other, pools] of origins) {
      if (isKnown(other)) continue;
      origins.delete(other);
      pools.brief.close();
      pools.endless.close();
    }
    const address = addressOf(origin);
    const pools = {
      brief: connectionPool(address, CONNECTIONS, { patience: PATIENCE }),
      endless: connectionPool(address, Number.POSITIVE_INFINITY),
    };
    origins.set(origin, pools);
    return pools;
  }

  return {
    to(origin, endless) {
      const pools = origins.get(origin) ?? open(origin);
      return endless ? pools.endless : pools.brief;
    },
    close() {
      for (const { brief, endless } of origins.values()) {
        brief.destroy();
        endless.destroy();
      }
      origins.clear();
    },
  };
}
