const chains = new Map<string, Promise<unknown>>();

/**
 * Runs `work` while no other tab of this browser runs any of that name. On plain HTTP beyond this machine browsers have no locks: there it
 * is alone in this tab only.
 */
export function exclusively<T>(name: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  if (navigator.locks) {
    return navigator.locks.request(`flotilla.${name}`, signal ? { signal } : {}, work) as Promise<T>;
  }
  const next = (chains.get(name) ?? Promise.resolve()).then(work, work);
  chains.set(
    name,
    next.catch(() => {}),
  );
  return next;
}

/** An id that nobody has: random, of 128 bits. */
export const newKey = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
