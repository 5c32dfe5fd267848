import { withPackage } from "../../core/configuration/optional-package.ts";
import type { Log } from "../../telemetry/log.ts";
import { type LimitStore, memoryLimitStore, withFallback } from "../admission/limit-store.ts";
import { limitStoreOfPrimary } from "../admission/worker-limits.ts";
import { isWorker } from "../edge/workers.ts";

/**
 * Where requests are counted: in Redis when there is one, else for all workers in their primary, else in this process. While Redis or
 * the primary does not answer, each process holds its own clients to the limits, so nobody is locked out and nobody is let loose.
 */
export async function openLimitStore(redisUrl: string | undefined, log: Log): Promise<LimitStore> {
  const onChange = (error: unknown): void => {
    if (error === undefined) log.info("limits are counted together again");
    else log.warn({ err: error }, "limits are counted by this process alone");
  };
  if (redisUrl !== undefined) {
    const load = () => import("../admission/redis-limit-store.ts");
    const { redisLimitStore } = await withPackage("ioredis", "REDIS_URL", load);
    return withFallback(redisLimitStore(redisUrl), onChange);
  }
  return isWorker() ? withFallback(limitStoreOfPrimary(), onChange) : memoryLimitStore();
}
