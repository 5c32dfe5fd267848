/** Something to be done in a lane. */
export type InLane = { readonly lane: string };

/** Does work in lanes: at most `concurrency` items at once, one at a time in each lane and in order, lanes in turns. */
export type Lanes<Item extends InLane> = {
  add(items: readonly Item[]): void;
  /** How many items are under way or wait for their turn. */
  size(): number;
  /** Starts no more items from now on. */
  halt(): void;
  /** Resolves when those under way have ended, with those that wait, which are then forgotten. To be halted before. */
  drain(): Promise<Item[]>;
};

/**
 * Makes lanes. `work` does one item and never throws; when it resolves with false, the items that wait in its lane are
 * taken out and handed to `drop`.
 */
export function createLanes<Item extends InLane>(options: {
  concurrency: number;
  work(item: Item): Promise<boolean>;
  drop(items: Item[]): void;
}): Lanes<Item> {
  const waiting = new Map<string, Item[]>();
  const ready: string[] = [];
  const underWay = new Set<Promise<void>>();
  let size = 0;
  let halted = false;

  function next(): void {
    while (!halted && underWay.size < options.concurrency) {
      const lane = ready.shift();
      if (lane === undefined) return;
      const run: Promise<void> = workIn(lane).finally(() => {
        underWay.delete(run);
        next();
      });
      underWay.add(run);
    }
  }

  async function workIn(lane: string): Promise<void> {
    const items = waiting.get(lane) as Item[];
    const goOn = await options.work(items.shift() as Item);
    size -= 1;
    if (items.length > 0 && goOn) {
      ready.push(lane);
      return;
    }
    waiting.delete(lane);
    size -= items.length;
    if (items.length > 0) options.drop(items);
  }

  return {
    add(items) {
      for (const item of items) {
        const queue = waiting.get(item.lane);
        if (queue) {
          queue.push(item);
        } else {
          waiting.set(item.lane, [item]);
          ready.push(item.lane);
        }
      }
      size += items.length;
      next();
    },
    size: () => size,
    halt() {
      halted = true;
    },
    async drain() {
      await Promise.all(underWay);
      const left = [...waiting.values()].flat();
      waiting.clear();
      size = 0;
      return left;
    },
  };
}
