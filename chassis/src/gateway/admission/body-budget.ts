import { rateLimited } from "../../core/failure/failure.ts";

/** What bodies that were no good have cost those who sent them, in bytes. */
export type BodyBudget = {
  /** Throws `rate_limited` for who has sent too much of it within a minute. */
  assertLeft(sender: string): void;
  /** A body of theirs was refused. */
  spend(sender: string, bytes: number): void;
};

const WINDOW = 60_000;
const MOST_SENDERS = 10_000;
/** A body costs at most 5 ms of computing time for 64 KiB (a test says so): all of these at most 2.5 s in a minute. */
const MOST_BYTES = 32 * 1024 * 1024;

type Spent = { bytes: number; readonly endsAt: number };

/** Bounds by the minute what a sender's refused bodies may cost, in this process. */
export function createBodyBudget(most = MOST_BYTES, now: () => number = () => performance.now()): BodyBudget {
  const spent = new Map<string, Spent>();

  function current(sender: string): Spent | undefined {
    const found = spent.get(sender);
    if (found && found.endsAt <= now()) spent.delete(sender);
    return spent.get(sender);
  }

  return {
    assertLeft(sender) {
      if (spent.size === 0) return;
      const { bytes, endsAt } = current(sender) ?? { bytes: 0, endsAt: 0 };
      if (bytes > most) throw rateLimited.failure({ retryAfter: (endsAt - now()) / 1_000 });
    },
    spend(sender, bytes) {
      const { bytes: before, endsAt } = current(sender) ?? { bytes: 0, endsAt: now() + WINDOW };
      spent.set(sender, { bytes: before + bytes, endsAt });
      if (spent.size > MOST_SENDERS) spent.delete(spent.keys().next().value as string);
    },
  };
}
