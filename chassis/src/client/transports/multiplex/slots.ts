/** What is under way, by a number of its own that answers come back with. */
export type Slots<T extends object> = {
  /** Keeps something; returns its number, which is not used again for a million others in its place. Throws when there are too many. */
  add(item: T): number;
  /** Takes out what has this number; undefined when there is no such thing, or no more. */
  take(id: number): T | undefined;
  /** Takes out everything. */
  takeAll(): T[];
  size(): number;
};

/** As many there may be. */
export const MOST_SLOTS = 2 ** 12;

/**
 * Makes slots. A Map would do the same, but as its entries come and go its table is made anew again and again, the old one points to the
 * new one, and once one of them is old enough for the collector to leave alone, all that went through the later ones stays as well.
 */
export function slots<T extends object>(): Slots<T> {
  const items: (T | undefined)[] = [];
  const ids: number[] = [];
  const free: number[] = [];
  let size = 0;

  function take(id: number): T | undefined {
    const place = id % MOST_SLOTS;
    const item = items[place];
    // Of a free place the number is that of the next.
    if (ids[place] !== id || item === undefined) return undefined;
    items[place] = undefined;
    ids[place] = (id + MOST_SLOTS) % 2 ** 32;
    free.push(place);
    size -= 1;
    return item;
  }

  return {
    add(item) {
      const place = free.pop() ?? items.length;
      if (place === MOST_SLOTS) throw new RangeError(`more than ${MOST_SLOTS} are under way`);
      const id = ids[place] ?? place;
      items[place] = item;
      ids[place] = id;
      size += 1;
      return id;
    },
    take,
    takeAll() {
      return ids.flatMap((id) => take(id) ?? []);
    },
    size: () => size,
  };
}
