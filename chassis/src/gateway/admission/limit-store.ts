import type { Soon } from "../../core/soon.ts";

/** How often something was counted in its window, and milliseconds until the window ends. */
export type WindowCount = { readonly count: number; readonly endsIn: number };

/** Counts in fixed windows: the first of a key begins its window. */
export type LimitStore = {
  /** Counts one more. Rejects when it can't be counted here. */
  add(key: string, window: number): Soon<WindowCount>;
  close(): Promise<void>;
};

const MOST_KEYS = 100_000;

type Window = { count: number; readonly endsAt: number };

/** Counts in this process's memory: at most 100,000 keys, the oldest windows make room. */
export function memoryLimitStore(now: () => number = () => performance.now(), most = MOST_KEYS): LimitStore {
  const windows = new Map<string, Window>();
  return {
    add(key, window) {
      const at = now();
      let current = windows.get(key);
      if (!current || current.endsAt <= at) {
        windows.delete(key);
        current = { count: 0, endsAt: at + window };
        windows.set(key, current);
        if (windows.size > most) windows.delete(windows.keys().next().value as string);
      }
      current.count += 1;
      return { count: current.count, endsIn: Math.min(window, current.endsAt - at) };
    },
    async close() {},
  };
}

const PAUSE = 1_000;

/**
 * Counts in `shared`, and beside it in this process. While the shared store fails, what this process has counted decides: each
 * replica then holds its own users to the limit by itself. The shared one is asked again once a second; `onChange` tells of both.
 */
export function withFallback(shared: LimitStore, onChange: (error: unknown) => void): LimitStore {
  const own = memoryLimitStore();
  let pausedUntil = 0;
  let failing = false;

  function note(error: unknown): void {
    if (error !== undefined) pausedUntil = performance.now() + PAUSE;
    if (failing === (error !== undefined)) return;
    failing = error !== undefined;
    onChange(error);
  }

  return {
    add(key, window) {
      const counted = own.add(key, window);
      if (pausedUntil > performance.now()) return counted;
      return Promise.resolve(shared.add(key, window)).then(
        (everywhere) => {
          note(undefined);
          return everywhere;
        },
        (error) => {
          note(error ?? new Error("the shared limits can't be counted"));
          return counted;
        },
      );
    },
    close: () => shared.close(),
  };
}
