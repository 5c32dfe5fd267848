import { Redis } from "ioredis";
import type { LimitStore } from "./limit-store.ts";

/** One step on the server, so that no window is ever left without an end. */
const COUNT = `
local count = redis.call("INCR", KEYS[1])
local left = redis.call("PTTL", KEYS[1])
if left < 0 then redis.call("PEXPIRE", KEYS[1], ARGV[1]) left = tonumber(ARGV[1]) end
return {count, left}`;

type Counting = Redis & { countInWindow(key: string, window: number): Promise<[number, number]> };

/** Longer than this no request waits for Redis. */
const PATIENCE = 250;

/**
 * Counts in Redis, for all gateways that use it. Connects on its own, again and again; until it is connected, and when an answer
 * takes longer than 250 ms, counting fails.
 */
export function redisLimitStore(url: string, prefix = "flotilla:limit:"): LimitStore {
  const redis = new Redis(url, {
    keyPrefix: prefix,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: PATIENCE,
    connectTimeout: 2_000,
    retryStrategy: (times) => Math.min(times * 100, 1_000),
  });
  redis.defineCommand("countInWindow", { numberOfKeys: 1, lua: COUNT });
  // Each command that fails tells its caller.
  redis.on("error", () => {});
  return {
    async add(key, window) {
      const [count, endsIn] = await (redis as Counting).countInWindow(key, window);
      return { count, endsIn };
    },
    async close() {
      redis.disconnect();
    },
  };
}
