import { RateLimiterMemory, type RateLimiterRes } from "rate-limiter-flexible";

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
};

export const defaultLimits: Limits = { signIn: 600, address: 60_000, user: 30_000 };

/** What was left of a limit: the headers that say so, and when to come back if it was not enough. */
export type Taken = { readonly headers: string[]; readonly retryAfter: number | undefined };

/** Counts requests; each kind of limit counts for itself. */
export type Limiter = { take(kind: keyof Limits, key: string): Promise<Taken> };

const WINDOW = 60;

/** A limiter in this process's memory. */
export function createLimiter(limits: Limits): Limiter {
  const windows = {
    signIn: countWindow("sign-in", limits.signIn),
    address: countWindow("address", limits.address),
    user: countWindow("user", limits.user),
  };
  return { take: (kind, key) => windows[kind](key) };
}

function countWindow(name: string, quota: number): (key: string) => Promise<Taken> {
  const counter = new RateLimiterMemory({ keyPrefix: "", points: quota, duration: WINDOW });
  const policy = `"${name}";q=${quota};w=${WINDOW}`;
  return async (key) => {
    const { result, exceeded } = await count(counter, key);
    const seconds = Math.max(1, Math.ceil(result.msBeforeNext / 1_000));
    return {
      headers: ["ratelimit-policy", policy, "ratelimit", `"${name}";r=${result.remainingPoints};t=${seconds}`],
      retryAfter: exceeded ? seconds : undefined,
    };
  };
}

/** The library tells of an exceeded limit by rejecting with the same result. */
async function count(counter: RateLimiterMemory, key: string): Promise<{ result: RateLimiterRes; exceeded: boolean }> {
  try {
    return { result: await counter.consume(key), exceeded: false };
  } catch (error) {
    if (error instanceof Error) throw error;
    return { result: error as RateLimiterRes, exceeded: true };
  }
}
