import type { Cancellation } from "../../core/cancellation.ts";
import type { Caller } from "../../identity/caller.ts";

/** The requests of a service that wait for what others do. */
export type Waits = {
  /** Takes a place for a caller; returns what gives it back, or undefined when all that there are for the caller, or in all, are taken. */
  enter(caller: Caller): (() => void) | undefined;
};

const MOST_OF_ONE = 256;
const MOST = 2_048;

/** Bounds how many requests of one caller, and of all, wait in this process. */
export function createWaits(mostOfOne = MOST_OF_ONE, most = MOST): Waits {
  const callers = new Map<string, number>();
  let all = 0;

  function change(caller: string, by: 1 | -1): void {
    all += by;
    const count = (callers.get(caller) ?? 0) + by;
    if (count === 0) callers.delete(caller);
    else callers.set(caller, count);
  }

  return {
    enter(caller) {
      const key = keyOf(caller);
      if (all >= most || (callers.get(key) ?? 0) >= mostOfOne) return undefined;
      change(key, 1);
      return () => change(key, -1);
    },
  };
}

const keyOf = (caller: Caller): string =>
  caller.kind === "user" ? `user:${caller.id}` : caller.kind === "service" ? `service:${caller.name}` : "anonymous";

/** What ends a wait before there is a result. */
export type WaitEnds = {
  /** Milliseconds that there are for it. */
  readonly milliseconds: number;
  readonly cancellations: readonly Cancellation[];
};

/** Waits for `what`; resolves with undefined when something ends the wait first, or when `what` fails. Then its signal is aborted. */
export async function waitFor<T>(
  what: (signal: AbortSignal) => Promise<T>,
  { milliseconds, cancellations }: WaitEnds,
): Promise<T | undefined> {
  if (milliseconds <= 0 || cancellations.some(({ why }) => why)) return undefined;
  const over = new AbortController();
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const end = (): void => resolve(undefined);
  const timer = setTimeout(end, milliseconds);
  for (const cancellation of cancellations) cancellation.listen(end);
  try {
    return await Promise.race([promise, what(over.signal)]);
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
    for (const cancellation of cancellations) cancellation.forget(end);
    over.abort();
  }
}
