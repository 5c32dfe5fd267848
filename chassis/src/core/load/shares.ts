/** What callers have under way of something scarce, so that each gets an equal share of it. */
export type Shares = {
  /** Whether one more of this caller is still within an equal share of `places`. */
  hasLeft(caller: string, places: number): boolean;
  add(caller: string): void;
  remove(caller: string): void;
};

/** Counts what is under way, by caller. */
export function countShares(): Shares {
  const callers = new Map<string, number>();
  return {
    hasLeft(caller, places) {
      const own = callers.get(caller) ?? 0;
      return (own + 1) * (callers.size + (own === 0 ? 1 : 0)) <= places;
    },
    add: (caller) => void callers.set(caller, (callers.get(caller) ?? 0) + 1),
    remove(caller) {
      const left = (callers.get(caller) ?? 1) - 1;
      if (left === 0) callers.delete(caller);
      else callers.set(caller, left);
    },
  };
}
