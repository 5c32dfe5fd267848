/** Watches how long the event loop takes for a turn. */
export type LoopWatch = {
  /** To be called for each request; the first one of a turn measures how long the others of it wait. */
  turn(): void;
  /** Milliseconds that whatever is read in this turn may have waited before, because the loop stood still. */
  lag(): number;
  /** Whether the loop stood still for longer than a second within the last second. */
  stalledLately(): boolean;
  close(): void;
};

/** Milliseconds between looks when there are no requests, and by which a look may be late. */
const INTERVAL = 250;
const NOTICED = 50;
const STALL = 1_000;
const RECOVERY = 1_000;

/**
 * Starts the watch. `onTurn` hears the milliseconds between the first request of a turn and its end; `onStall` hears of each time that the
 * loop stood still for longer than a second.
 */
export function watchLoop(onTurn: (milliseconds: number) => void, onStall = () => {}): LoopWatch {
  let measuring = false;
  let lag = 0;
  let dueAt = performance.now() + INTERVAL;
  let wellAgainAt = 0;

  // Timers come before whatever has arrived meanwhile is read, and immediates after it.
  const look = setInterval(() => {
    const now = performance.now();
    const late = now - dueAt;
    dueAt = now + INTERVAL;
    if (late < NOTICED) return;
    if (late > STALL) {
      wellAgainAt = now + RECOVERY;
      onStall();
    }
    lag = late;
    setImmediate(() => {
      lag = 0;
    });
  }, INTERVAL);
  look.unref();

  return {
    turn() {
      if (measuring) return;
      measuring = true;
      const began = performance.now();
      setImmediate(() => {
        measuring = false;
        onTurn(performance.now() - began);
      });
    },
    lag: () => lag,
    stalledLately() {
      const now = performance.now();
      // Late already, and the look itself has not had its turn yet.
      return now < wellAgainAt || now - dueAt > STALL;
    },
    close: () => clearInterval(look),
  };
}
