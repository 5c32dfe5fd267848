/** What came of a load: milliseconds for each, and how many a second. */
export type Load = { readonly latencies: readonly number[]; readonly rate: number };

/** Does `work` `total` times, by so many callers that each wait for one before the next. */
export async function inFlight(callers: number, total: number, work: () => Promise<void>): Promise<Load> {
  const latencies: number[] = [];
  let left = total;
  const begin = performance.now();
  const caller = async () => {
    while (left-- > 0) latencies.push(await timed(work));
  };
  await Promise.all(Array.from({ length: callers }, caller));
  return { latencies, rate: (total / (performance.now() - begin)) * 1_000 };
}

export async function timed(work: () => Promise<void>): Promise<number> {
  const begin = performance.now();
  await work();
  return performance.now() - begin;
}
