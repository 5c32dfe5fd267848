import { type Dispatcher, Pool } from "undici";

/** Connections to the instances of the services, kept open. */
export type Upstreams = {
  /** The connections to an instance (`http://host:port`). Answers without end have connections of their own. */
  to(origin: string, endless: boolean): Dispatcher;
  close(): Promise<void>;
};

type Pools = { readonly brief: Pool; readonly endless: Pool };

/** Milliseconds; shorter than the services keep an idle connection, so that none is used that is about to be closed. */
const KEEP_ALIVE = 20_000;
const CONNECT = 2_000;
const CONNECTIONS = 50;

/** Opens connections as they are needed, and lets go of those to instances that `isKnown` no longer knows. */
export function createUpstreams(isKnown: (origin: string) => boolean): Upstreams {
  const origins = new Map<string, Pools>();

  function open(origin: string): Pools {
    for (const [other, pools] of origins) {
      if (isKnown(other)) continue;
      origins.delete(other);
      // Ends after what is under way.
      void closePools(pools);
    }
    const options = {
      keepAliveTimeout: KEEP_ALIVE,
      connectTimeout: CONNECT,
      // Deadlines are kept by whoever waits, to the millisecond.
      headersTimeout: 0,
      bodyTimeout: 0,
      allowH2: false,
    };
    const pools = {
      brief: new Pool(origin, { ...options, connections: CONNECTIONS }),
      endless: new Pool(origin, options),
    };
    origins.set(origin, pools);
    return pools;
  }

  return {
    to(origin, endless) {
      const pools = origins.get(origin) ?? open(origin);
      return endless ? pools.endless : pools.brief;
    },
    async close() {
      await Promise.all([...origins.values()].flatMap(({ brief, endless }) => [brief.destroy(), endless.destroy()]));
      origins.clear();
    },
  };
}

async function closePools({ brief, endless }: Pools): Promise<void> {
  await Promise.all([brief.close(), endless.close()]);
}
