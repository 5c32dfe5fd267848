import { type ConnectionPool, connectionPool, type Way } from "../../client/transports/http/connection-pool.ts";
import { createMultiplexer } from "../../client/transports/multiplex/multiplexer.ts";
import { addressOf } from "../../core/network/address.ts";
import type { Dial } from "../../core/network/dial.ts";
import type { TokenFor } from "../../identity/tokens/service-token.ts";

/** On what a request goes: a connection beside others, one for itself, or one of those whose answers have no end. */
export type Lane = "shared" | "alone" | "endless";

/** Connections to the instances of the services, kept open. */
export type Upstreams = {
  /** The way to an instance (`http://host:port`); one for itself where none can be shared, without a bound for what is idle. */
  to(service: string, origin: string, lane: Lane, idle?: boolean): Way;
  /** An instance of a service takes connections that requests share. */
  offered(service: string, origin: string): void;
  close(): void;
};

type Pools = { readonly alone: ConnectionPool; readonly endless: ConnectionPool };

/** To an instance, and requests at a time on the one that others share; it shall see itself how much it has to do, calls that wait for something included. */
const CONNECTIONS = 256;
/** Milliseconds: who waits longer for a place is refused, while there is time to ask again. */
const PATIENCE = 1_000;
/** Bytes. What comes over a connection that is shared is held until it is there as a whole; a larger one is asked for once more, alone. */
const LARGEST_SHARED = 8 * 1024 * 1024;

/**
 * Opens connections as they are needed, and lets go of those to instances that `isKnown` no longer knows (shared ones, when nothing was
 * asked for a while). What is under way there ends first. None is shared without `tokenFor`: services open only to those who show who they are.
 */
export function createUpstreams(
  isKnown: (origin: string) => boolean,
  tokenFor: TokenFor | undefined,
  dial?: Dial | undefined,
): Upstreams {
  const origins = new Map<string, Pools>();
  const multiplexer = createMultiplexer({ largestAnswer: LARGEST_SHARED, most: CONNECTIONS, patience: PATIENCE, dial });

  function open(service: string, origin: string): Pools {
    for (const [other, pools] of origins) {
      if (isKnown(other)) continue;
      origins.delete(other);
      pools.alone.close();
      pools.endless.close();
    }
    const address = addressOf(origin);
    const pools = {
      alone: connectionPool(address, CONNECTIONS, { patience: PATIENCE, service, dial }),
      endless: connectionPool(address, Number.POSITIVE_INFINITY, { service, dial }),
    };
    origins.set(origin, pools);
    return pools;
  }

  return {
    to(service, origin, lane, idle = false) {
      const shared = lane === "shared" ? multiplexer.connectionTo(origin) : undefined;
      if (shared) return shared;
      const pools = origins.get(origin) ?? open(service, origin);
      return lane === "endless" || idle ? pools.endless : pools.alone;
    },
    offered(service, origin) {
      if (tokenFor) multiplexer.offered(origin, async () => `Bearer ${await tokenFor(service)}`, service);
    },
    close() {
      multiplexer.close();
      for (const { alone, endless } of origins.values()) {
        alone.destroy();
        endless.destroy();
      }
      origins.clear();
    },
  };
}
