/** A value that tells when it changes. */
export type Signal<T> = {
  value(): T;
  set(value: T): void;
  /** Calls `listener` at each change until `until` is aborted. */
  watch(listener: (value: T) => void, until?: AbortSignal): void;
};

/** Makes a value that tells when it changes. */
export function createSignal<T>(first: T): Signal<T> {
  let current = first;
  const listeners = new Set<(value: T) => void>();
  return {
    value: () => current,
    set(value) {
      current = value;
      for (const listener of [...listeners]) listener(value);
    },
    watch(listener, until) {
      if (until?.aborted) return;
      listeners.add(listener);
      until?.addEventListener("abort", () => listeners.delete(listener));
    },
  };
}
