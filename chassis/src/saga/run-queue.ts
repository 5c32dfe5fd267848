/** Runs so many items at once, in the order they were added. */
export interface RunQueue<Item> {
  add(item: Item): void;
  /** Begins to run what was and will be added. */
  start(): void;
  /** How many more could run right now; negative when some wait. */
  free(): number;
  /** Begins nothing more; resolves when what runs has ended. */
  stop(): Promise<void>;
}

export type RunQueueOptions<Item> = {
  concurrency: number;
  /** Must not reject. */
  run: (item: Item) => Promise<void>;
  /** Called whenever a run has ended and its place wasn't taken by the next one. */
  onFree: () => void;
};

/** Makes a queue that runs nothing before its start. */
export function createRunQueue<Item>({ concurrency, run, onFree }: RunQueueOptions<Item>): RunQueue<Item> {
  const waiting: Item[] = [];
  const running = new Set<Promise<void>>();
  let open = false;

  function fill(): void {
    while (open && running.size < concurrency && waiting.length > 0) {
      const ended = run(waiting.shift() as Item).finally(() => {
        running.delete(ended);
        fill();
        if (open && running.size < concurrency) onFree();
      });
      running.add(ended);
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
    free: () => concurrency - running.size - waiting.length,
    async stop() {
      open = false;
      await Promise.all(running);
    },
  };
}
