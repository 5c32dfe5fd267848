/** A value that all tabs of this browser share, and that outlives them. */
export type Stored<T> = {
  read(): T | undefined;
  /** Undefined takes it away. Where the browser keeps nothing, it is kept as long as this tab. */
  write(value: T | undefined): void;
  /** Calls `listener` when another tab has changed it. */
  watch(listener: () => void): void;
};

/** Makes a shared value. What `isValid` does not know, written by another version or by hand, counts as none. */
export function createStored<T>(name: string, isValid: (value: unknown) => value is T): Stored<T> {
  const key = `flotilla.${name}`;
  let ownOnly: T | undefined;
  return {
    read() {
      try {
        const value: unknown = JSON.parse(localStorage.getItem(key) ?? "null");
        return isValid(value) ? value : ownOnly;
      } catch {
        return ownOnly;
      }
    },
    write(value) {
      ownOnly = undefined;
      try {
        if (value === undefined) localStorage.removeItem(key);
        else localStorage.setItem(key, JSON.stringify(value));
      } catch {
        ownOnly = value;
      }
    },
    watch(listener) {
      addEventListener("storage", (event) => {
        if (event.key === key || event.key === null) listener();
      });
    },
  };
}
