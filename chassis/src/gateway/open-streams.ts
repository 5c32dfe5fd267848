import { rateLimited } from "../core/failure.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { Exchange } from "./exchange.ts";

/** The streams (answers without end) that are open. */
export type OpenStreams = {
  /** Gives one more of this reader a place until its exchange is over; throws `rate_limited` when all of them are taken. */
  open(exchange: Exchange, reader: string): void;
};

/** Streams of one reader, unless another number is given. */
export const DEFAULT_STREAM_LIMIT = 64;

/** Seconds. Nobody knows when a stream will end; who asks again so seldom does no harm. */
const RETRY_AFTER = 15;

/** Bounds how many streams each reader has open at once in this process. */
export function countOpenStreams(limit: number, metrics?: Metrics): OpenStreams {
  const readers = new Map<string, number>();
  let all = 0;
  metrics?.gauge("streams_open", "Answers without end that are under way", () => all);
  const policy = `"streams";q=${limit};qu="concurrent-requests"`;

  function change(reader: string, by: 1 | -1): void {
    all += by;
    const count = (readers.get(reader) ?? 0) + by;
    if (count === 0) readers.delete(reader);
    else readers.set(reader, count);
  }

  return {
    open({ response, headers }, reader) {
      // Its end has been told already, and would not be told again.
      if (response.destroyed) return;
      const left = limit - (readers.get(reader) ?? 0);
      headers.push("ratelimit-policy", policy, "ratelimit", `"streams";r=${Math.max(0, left - 1)}`);
      if (left <= 0) throw rateLimited.failure({ retryAfter: RETRY_AFTER });
      change(reader, 1);
      response.once("close", () => change(reader, -1));
    },
  };
}
