import type { Clock } from "@flotilla/chassis/service";

/** Wakes the one who waits. */
export type Bell = {
  /** Ends the wait under way, or the next one at once. */
  ring(): void;
  /** Waits for a ring; resolves with false when none came for so many milliseconds. */
  wait(milliseconds: number): Promise<boolean>;
};

/** Makes a bell. A ring that nobody waits for is kept for the next who does. */
export function newBell(clock: Clock): Bell {
  let rung = false;
  let sleep: AbortController | undefined;
  return {
    ring() {
      rung = true;
      sleep?.abort();
    },
    async wait(milliseconds) {
      if (!rung) {
        sleep = new AbortController();
        await clock.sleep(milliseconds, sleep.signal).catch(() => {});
      }
      const woken = rung;
      rung = false;
      return woken;
    },
  };
}
