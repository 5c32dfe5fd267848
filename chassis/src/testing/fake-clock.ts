import type { Clock } from "../core/clock.ts";

/** A clock that stands still until a test moves it. */
export type FakeClock = Clock & {
  /** Lets what can go on do so, then `milliseconds` pass: sleepers wake in the order of their times, and each may go on and sleep again before the next. */
  advance(milliseconds: number): Promise<void>;
  /** How many are asleep right now. */
  sleepers(): number;
};

type Sleeper = { at: number; wake: () => void };

/** Makes a clock that shows `start` until it is advanced. */
export function fakeClock(start: Date = new Date("2030-01-01T00:00:00Z")): FakeClock {
  let passed = 0;
  const asleep = new Set<Sleeper>();
  const next = (until: number) =>
    [...asleep]
      .filter(({ at }) => at <= until)
      .reduce<Sleeper | undefined>((a, b) => (a && a.at <= b.at ? a : b), undefined);
  return {
    now: () => new Date(start.getTime() + passed),
    monotonic: () => passed,
    sleep: (milliseconds, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const settle = (outcome: () => void) => () => {
          asleep.delete(sleeper);
          signal?.removeEventListener("abort", abort);
          outcome();
        };
        const sleeper: Sleeper = { at: passed + milliseconds, wake: settle(resolve) };
        const abort = settle(() => reject(signal?.reason));
        signal?.addEventListener("abort", abort);
        asleep.add(sleeper);
      }),
    after(milliseconds, action) {
      const sleeper: Sleeper = {
        at: passed + milliseconds,
        wake() {
          asleep.delete(sleeper);
          action();
        },
      };
      asleep.add(sleeper);
      return () => asleep.delete(sleeper);
    },
    async advance(milliseconds) {
      await settled();
      const until = passed + milliseconds;
      for (let sleeper = next(until); sleeper; sleeper = next(until)) {
        passed = Math.max(passed, sleeper.at);
        sleeper.wake();
        await settled();
      }
      passed = until;
      await settled();
    },
    sleepers: () => asleep.size,
  };
}

/** Resolves when all promises that could go on have done so. */
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));
