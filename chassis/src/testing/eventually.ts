import { setTimeout as delay } from "node:timers/promises";

/**
 * Asks until the answer is there: neither undefined, null nor false. An `ask` that throws counts as no answer. Rejects after 20 s,
 * with what was thrown last if anything was.
 */
export async function eventually<T>(ask: () => T | Promise<T>): Promise<Exclude<T, undefined | null | false>> {
  const deadline = performance.now() + 20_000;
  for (;;) {
    let problem: unknown;
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== null && answer !== false)
        return answer as Exclude<T, undefined | null | false>;
    } catch (error) {
      problem = error;
    }
    if (performance.now() > deadline) throw problem ?? new Error("it did not happen within 20 s");
    await delay(20);
  }
}
