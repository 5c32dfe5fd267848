import { deadlineExceeded, type Failure } from "../core/failure.ts";

/** What a transaction under way is at. */
export type Activity = {
  /** A statement of it begins, or ends. */
  began(): void;
  ended(): void;
  /** Rejects when the transaction is to be rolled back since it is idle; never resolves. */
  readonly evicted: Promise<never>;
  /** The transaction is over. */
  close(): void;
};

export type IdleTransactions = {
  /** Watches one more transaction; `isContended` tells whether others wait for what it holds. */
  begin(isContended: () => boolean): Activity;
};

/** How often it looks, in milliseconds. */
const TICK = 100;

/** Looks in a row at which a transaction was idle before it is evicted: counted, so that a stalled process evicts none. */
const IDLE_TICKS = 15;

type Watched = { running: number; idleTicks: number; isContended(): boolean; evict(why: Failure): void };

/**
 * Makes the watch over the transactions of a database. Where others wait, the one that has been idle longest (no statement for a
 * second at least) fails with `deadline_exceeded`, one at each look: work that hangs must not keep connections from work that does not.
 */
export function createIdleTransactions(): IdleTransactions {
  const watched = new Set<Watched>();
  let timer: NodeJS.Timeout | undefined;

  function look(): void {
    let longest: Watched | undefined;
    for (const each of watched) {
      each.idleTicks = each.running === 0 && each.isContended() ? each.idleTicks + 1 : 0;
      if (each.idleTicks >= Math.max(IDLE_TICKS, longest?.idleTicks ?? 0)) longest = each;
    }
    longest?.evict(deadlineExceeded.failure({ cause: new Error(IDLE) }));
    if (watched.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  }

  return {
    begin(isContended) {
      const { promise: evicted, reject } = Promise.withResolvers<never>();
      evicted.catch(() => {});
      const each: Watched = { running: 0, idleTicks: 0, isContended, evict: reject };
      watched.add(each);
      timer ??= setInterval(look, TICK).unref();
      return {
        began() {
          each.running += 1;
          each.idleTicks = 0;
        },
        ended() {
          each.running -= 1;
        },
        evicted,
        close: () => watched.delete(each),
      };
    },
  };
}

const IDLE = "the transaction ran no statement while other work waited for its connection";
