// The load of every subject: callers that each make one call after the other, as long as they are told to.

import { setTimeout as delay } from "node:timers/promises";

/** Lets the benchmark ask this process how many calls it makes; `call` makes one. */
export function answerMeasures(call) {
  process.on("message", async ({ callers, milliseconds }) =>
    process.send?.(await measure(call, callers, milliseconds)),
  );
  process.on("disconnect", () => process.exit(0));
  process.send?.("ready");
}

async function measure(call, callers, milliseconds) {
  const begin = performance.now();
  const end = begin + milliseconds;
  const took = [];
  let failed = 0;
  const caller = async () => {
    for (let now = performance.now(); now < end; ) {
      try {
        await call();
        took.push(performance.now() - now);
      } catch {
        failed += 1;
        await delay(1);
      }
      now = performance.now();
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  const seconds = (performance.now() - begin) / 1_000;
  took.sort((a, b) => a - b);
  return { rate: took.length / seconds, p99: took[Math.ceil(took.length * 0.99) - 1] ?? Number.NaN, failed };
}
