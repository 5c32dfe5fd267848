import { after, type Soon } from "../../core/soon.ts";
import { type LimitStore, memoryLimitStore, type WindowCount } from "./limit-store.ts";

/** How a route is limited: `sign-in` per address and strictly; `caller` per user when signed in, else per address. */
export type LimitClass = "sign-in" | "caller";

/** Requests that each may make in a minute. */
export type Limits = {
  /** Sign-in calls of one address. */
  readonly signIn: number;
  /** All other calls of one address that is not signed in. */
  readonly address: number;
  /** Calls of one signed-in user. */
  readonly user: number;
  /** Tokens of one address that had to be verified and were not good. Default 6,000: a second of computing time. */
  readonly guesses?: number;
  /** Bytes of bodies that were refused as bad input, of one user, or of one address that is not signed in. Default 32 MiB. */
  readonly refusedBytes?: number;
};

export const DEFAULT_GUESSES = 6_000;
/** What is counted, each for itself; `refused` is what an address is refused at once, as many as its other calls. */
export type Counted = "signIn" | "address" | "user" | "refused";

export const defaultLimits: Limits = { signIn: 600, address: 60_000, user: 30_000 };

/** What was left of a limit: the headers that say so, and when to come back if it was not enough. */
export type Taken = { readonly headers: string[]; readonly retryAfter: number | undefined };

/** Counts requests; each kind of limit counts for itself. */
export type Limiter = { take(kind: Counted, key: string): Soon<Taken> };

export type LimitWindow = {
  take(key: string): Soon<Taken>;
  /** What a request would be told if the limit is known to be used up; undefined when it isn't known to be. Counts nothing. */
  usedUp(key: string): Taken | undefined;
};

const WINDOW = 60_000;
const MOST_REMEMBERED = 10_000;

/** A limiter over a store; without one it counts in this process. Who has used up a limit costs the store nothing more. */
export function createLimiter(limits: Limits, store: LimitStore = memoryLimitStore()): Limiter {
  const windows = {
    signIn: countWindow("sign-in", limits.signIn, store),
    address: countWindow("address", limits.address, store),
    user: countWindow("user", limits.user, store),
    refused: countWindow("refused", limits.address, store),
  };
  return { take: (kind, key) => windows[kind].take(key) };
}

/** One kind of limit: `quota` a minute for each key. */
export function countWindow(name: string, quota: number, store: LimitStore): LimitWindow {
  const policy = `"${name}";q=${quota};w=${WINDOW / 1_000}`;
  /** Until when, on the monotonic clock, each is known to have used it up. */
  const used = new Map<string, number>();

  function told({ count, endsIn }: WindowCount): Taken {
    const seconds = Math.max(1, Math.ceil(endsIn / 1_000));
    return {
      headers: ["ratelimit-policy", policy, "ratelimit", `"${name}";r=${Math.max(0, quota - count)};t=${seconds}`],
      retryAfter: count > quota ? seconds : undefined,
    };
  }

  function usedUp(key: string): Taken | undefined {
    if (used.size === 0) return undefined;
    const left = (used.get(key) ?? 0) - performance.now();
    if (left > 0) return told({ count: quota + 1, endsIn: left });
    used.delete(key);
    return undefined;
  }

  function counted(key: string, window: WindowCount): Taken {
    if (window.count > quota) {
      used.set(key, performance.now() + window.endsIn);
      if (used.size > MOST_REMEMBERED) used.delete(used.keys().next().value as string);
    }
    return told(window);
  }

  return {
    usedUp,
    take: (key: string): Soon<Taken> =>
      usedUp(key) ?? after(store.add(`${name}:${key}`, WINDOW), (window) => counted(key, window)),
  };
}
