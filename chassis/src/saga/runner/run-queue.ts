/** Runs so many items at once, in the order they were added. */
export interface RunQueue<Item> {
  add(item: Item): void;
  /** Begins to run what was and will be added. */
  start(): void;
  /** How many more could run right now; negative when some wait. */
  free(): number;
  /** Takes the places of those that have run for a second or more for others, of as many as there are places. */
  passSlow(): void;
  /** Begins nothing more; resolves when what runs has ended. */
  stop(): Promise<void>;
}

export type RunQueueOptions<Item> = {
  concurrency: number;
  /** Must not reject. */
  run: (item: Item) => Promise<void>;
  /** Called whenever a run has ended and its place wasn't taken by the next one. */
  onFree: () => void;
  /** The monotonic clock, in milliseconds. */
  now: () => number;
};

/** Milliseconds after which a run is slow. */
const SLOW = 1_000;

/** Makes a queue that runs nothing before its start. */
export function createRunQueue<Item>({ concurrency, run, onFree, now }: RunQueueOptions<Item>): RunQueue<Item> {
  const waiting: Item[] = [];
  /** Since when each has been running. */
  const running = new Map<Promise<void>, number>();
  const slow = new Set<Promise<void>>();
  let open = false;

  const taken = () => running.size - slow.size;

  function fill(): void {
    while (open && taken() < concurrency && waiting.length > 0) {
      const ended = run(waiting.shift() as Item).finally(() => {
        running.delete(ended);
        slow.delete(ended);
        fill();
        if (open && taken() < concurrency) onFree();
      });
      running.set(ended, now());
    }
  }

  return {
    add(item) {
      waiting.push(item);
      fill();
    },
    start() {
      open = true;
      fill();
    },
    free: () => concurrency - taken() - waiting.length,
    passSlow() {
      const before = now() - SLOW;
      // They are in the order in which they began.
      for (const [each, since] of running) {
        if (since > before || slow.size >= concurrency) break;
        slow.add(each);
      }
      fill();
    },
    async stop() {
      open = false;
      await Promise.all(running.keys());
    },
  };
}
