import { rateLimited, unavailable } from "../../core/failure/failure.ts";
import type { Metrics } from "../../telemetry/metrics.ts";
import type { Exchange } from "../edge/exchange.ts";
import { countPlaces, type PlaceLimits } from "./places.ts";

/** The streams (answers without end) that are open. */
export type OpenStreams = {
  /** Gives one more of this reader a place until its exchange is over; throws `rate_limited` when all are taken of the reader, or of the network. */
  open(exchange: Exchange, reader: string, network: string): void;
};

/** Streams of one reader, unless another number is given. */
export const DEFAULT_STREAM_LIMIT = 64;

/** Seconds. Nobody knows when a stream will end; who asks again so seldom does no harm. */
const RETRY_AFTER = 15;

/** Bounds how many streams each reader, each network and all together have open at once in this process. */
export function countOpenStreams(limits: PlaceLimits, metrics?: Metrics): OpenStreams {
  const places = countPlaces(limits);
  metrics?.gauge("streams_open", "Answers without end that are under way", places.taken);
  const policy = `"streams";q=${limits.reader};qu="concurrent-requests"`;

  return {
    open(exchange, reader, network) {
      const missing = places.take(exchange, reader, network);
      const left = missing === "reader" ? 0 : places.left(reader);
      exchange.headers.push("ratelimit-policy", policy, "ratelimit", `"streams";r=${left}`);
      if (missing === "all") throw unavailable.failure({ retryAfter: RETRY_AFTER });
      if (missing) throw rateLimited.failure({ retryAfter: RETRY_AFTER });
    },
  };
}
