/** How often things happened of late. */
export type RollingCounts = {
  /** One more of this kind. */
  add(kind: number, now: number): void;
  /** How many of this kind there were within the window. */
  sum(kind: number, now: number): number;
  /** Forgets everything. */
  clear(): void;
};

/** Counts `kinds` of things in a window of `slots` slots of `width` milliseconds each; the oldest slot leaves as a whole. Allocates nothing. */
export function rollingCounts(kinds: number, slots: number, width: number): RollingCounts {
  const counts = new Int32Array(kinds * slots);
  const sums = new Int32Array(kinds);
  let latest = Number.NEGATIVE_INFINITY;

  function advance(now: number): void {
    const slot = Math.floor(now / width);
    if (slot <= latest) return;
    const passed = Math.min(slots, slot - latest);
    for (let step = 0; step < passed; step++) {
      const at = ((slot - step + slots) % slots) * kinds;
      for (let kind = 0; kind < kinds; kind++) {
        sums[kind] = (sums[kind] as number) - (counts[at + kind] as number);
        counts[at + kind] = 0;
      }
    }
    latest = slot;
  }

  return {
    add(kind, now) {
      advance(now);
      const at = (latest % slots) * kinds + kind;
      counts[at] = (counts[at] as number) + 1;
      sums[kind] = (sums[kind] as number) + 1;
    },
    sum(kind, now) {
      advance(now);
      return sums[kind] as number;
    },
    clear() {
      counts.fill(0);
      sums.fill(0);
    },
  };
}
