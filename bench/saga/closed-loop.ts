/** A subject's answer to `measure`: how many it ended in a second. */
export type Measured = { rate: number };

/** What a subject is asked: to keep so many sagas under way for so long. */
export type Measure = { concurrency: number; milliseconds: number };

/** Keeps `concurrency` sagas under way; resolves with those that ended in a second. */
export async function closedLoop({ concurrency, milliseconds }: Measure, once: () => Promise<void>): Promise<Measured> {
  const begin = performance.now();
  const end = begin + milliseconds;
  let ended = 0;
  const worker = async () => {
    while (performance.now() < end) {
      await once();
      if (performance.now() < end) ended++;
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  return { rate: (ended / milliseconds) * 1_000 };
}

/** Lets the benchmark ask this process: `once` runs one saga of three steps that do nothing, from its start to its end. */
export function answerMeasures(once: () => Promise<void>): void {
  process.on("message", async (measure: Measure) => process.send?.(await closedLoop(measure, once)));
  process.on("disconnect", () => process.exit(0));
  process.send?.("ready");
}
