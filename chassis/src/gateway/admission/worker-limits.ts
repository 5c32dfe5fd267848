import type { Worker } from "node:cluster";
import type { LimitStore, WindowCount } from "./limit-store.ts";

/** What a worker asks its primary to count, and what it is told; many at a time. */
type Question = { readonly type: "count"; readonly id: number; readonly adds: readonly (readonly [string, number])[] };
type Reply = { readonly type: "counted"; readonly id: number; readonly counts: readonly WindowCount[] };

/** Longer than this no request waits for the primary. */
const PATIENCE = 250;

/** Counts for a worker, in a store that all workers of this process share. */
export function countForWorker(worker: Worker, store: LimitStore): void {
  worker.on("message", async ({ type, id, adds }: Question) => {
    if (type !== "count") return;
    const counts = await Promise.all(adds.map(([key, window]) => store.add(key, window)));
    if (worker.isConnected()) worker.send({ type: "counted", id, counts } satisfies Reply);
  });
}

type Waiting = { readonly resolve: (count: WindowCount) => void; readonly reject: (error: Error) => void };

/** In a worker: counts in the primary. What requests of one turn of the event loop count travels together. */
export function limitStoreOfPrimary(): LimitStore {
  const asked = new Map<number, { readonly waiting: Waiting[]; readonly timer: NodeJS.Timeout }>();
  let adds: [string, number][] = [];
  let waiting: Waiting[] = [];
  let questions = 0;

  const onMessage = ({ type, id, counts }: Reply): void => {
    if (type !== "counted") return;
    const batch = asked.get(id);
    asked.delete(id);
    clearTimeout(batch?.timer);
    for (const [at, count] of counts.entries()) batch?.waiting[at]?.resolve(count);
  };
  process.on("message", onMessage);

  function send(): void {
    const id = ++questions;
    const batch = waiting;
    const giveUp = (): void => {
      asked.delete(id);
      for (const { reject } of batch) reject(new Error("the primary does not count"));
    };
    asked.set(id, { waiting: batch, timer: setTimeout(giveUp, PATIENCE) });
    process.send?.({ type: "count", id, adds } satisfies Question);
    adds = [];
    waiting = [];
  }

  return {
    add(key, window) {
      const { promise, resolve, reject } = Promise.withResolvers<WindowCount>();
      if (adds.length === 0) setImmediate(send);
      adds.push([key, window]);
      waiting.push({ resolve, reject });
      return promise;
    },
    async close() {
      process.off("message", onMessage);
    },
  };
}
