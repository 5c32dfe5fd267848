/** Something under way that is slow from a certain time on. */
export type Watched = {
  /** Milliseconds that it may take; infinite if as long as it likes. */
  readonly slowAfter: number;
  /** When they are over. */
  readonly dueAt: number;
  isSlow: boolean;
};

/** Notices what has been under way for too long, without a timer for each: whoever comes by sweeps. */
export type SlowWatch<T extends Watched> = {
  add(watched: T): void;
  remove(watched: T): void;
  /** Tells of all that have become slow by now. */
  sweep(now: number): void;
};

/** What may take equally long: what began first is due first. */
type Line<T> = { readonly slowAfter: number; readonly members: Set<T> };

/** Makes a watch that tells `onSlow` of each once. */
export function slowWatch<T extends Watched>(onSlow: (watched: T, now: number) => void): SlowWatch<T> {
  const lines: Line<T>[] = [];

  function lineOf(slowAfter: number): Line<T> {
    for (const line of lines) if (line.slowAfter === slowAfter) return line;
    const line = { slowAfter, members: new Set<T>() };
    lines.push(line);
    return line;
  }

  return {
    add(watched) {
      if (watched.slowAfter !== Number.POSITIVE_INFINITY) lineOf(watched.slowAfter).members.add(watched);
    },
    remove(watched) {
      if (watched.slowAfter !== Number.POSITIVE_INFINITY) lineOf(watched.slowAfter).members.delete(watched);
    },
    sweep(now) {
      for (const { members } of lines) {
        for (const watched of members) {
          if (watched.dueAt > now) break;
          members.delete(watched);
          watched.isSlow = true;
          onSlow(watched, now);
        }
      }
    },
  };
}
