import { deadlineExceeded, Failure } from "../../core/failure/failure.ts";

/** What a transaction under way is at. */
export type Activity = {
  /** A statement of it begins, or ends. */
  began(): void;
  ended(): void;
  /** Rejects when the transaction is to be rolled back since it holds up others; never resolves. */
  readonly evicted: Promise<never>;
  /** The transaction is over. */
  close(): void;
};

export type WatchedTransaction = {
  /** Whether others wait for what it holds. */
  isContended(): boolean;
  /** Lets another begin in its place while it goes on; undefined: only an idle one is evicted, one that runs a statement never. */
  readonly makeRoom?: (() => void) | undefined;
};

export type IdleTransactions = {
  /** Watches one more transaction. */
  begin(transaction: WatchedTransaction): Activity;
  /** Tells that the server has answered something else. */
  answered(): void;
};

/** How often it looks, in milliseconds. */
const TICK = 100;

/** Looks in a row at which a transaction held up others before that is ended: counted, so that a stalled process evicts none. */
const PATIENCE = 15;

type Watched = WatchedTransaction & {
  running: number;
  idleTicks: number;
  busyTicks: number;
  hasMadeRoom: boolean;
  evict(why: Failure): void;
};

function count(each: Watched): void {
  const isContended = each.isContended();
  each.idleTicks = isContended && each.running === 0 ? each.idleTicks + 1 : 0;
  each.busyTicks = isContended && each.running > 0 && each.makeRoom && !each.hasMadeRoom ? each.busyTicks + 1 : 0;
}

/** The one that has held up others longest, if it is long enough. */
function longest(watched: Iterable<Watched>, ticks: "idleTicks" | "busyTicks"): Watched | undefined {
  let found: Watched | undefined;
  for (const each of watched) if (each[ticks] >= Math.max(PATIENCE, found?.[ticks] ?? 0)) found = each;
  return found;
}

const evictions = new WeakSet<Failure>();

/** Whether a transaction was rolled back since it held up others, which says little about the work in it. */
export const isEviction = (error: unknown): boolean => error instanceof Failure && evictions.has(error);

/**
 * Makes the watch over the transactions of a database: work that hangs must not keep connections from work that does not. Where others wait, the
 * one that has been idle longest (no statement for a second and a half) fails with `deadline_exceeded`, one at each look. Of those that run one
 * statement for as long, so many (`most`) make room and go on, and further ones fail in the same way; none does while the server
 * answers nothing at all, since that is not their doing.
 */
export function createIdleTransactions(most: number): IdleTransactions {
  const watched = new Set<Watched>();
  let timer: NodeJS.Timeout | undefined;
  let silentTicks = 0;

  function look(): void {
    silentTicks += 1;
    for (const each of watched) count(each);
    const idle = longest(watched, "idleTicks");
    if (idle) evict(idle, IDLE);
    else if (silentTicks < PATIENCE) endBusy(longest(watched, "busyTicks"));
    if (watched.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  }

  function endBusy(each: Watched | undefined): void {
    if (!each) return;
    if ([...watched].filter(({ hasMadeRoom }) => hasMadeRoom).length >= most) {
      evict(each, BUSY);
    } else {
      each.hasMadeRoom = true;
      each.makeRoom?.();
    }
  }

  return {
    begin(transaction) {
      const { promise: evicted, reject } = Promise.withResolvers<never>();
      evicted.catch(() => {});
      const each: Watched = {
        ...transaction,
        running: 0,
        idleTicks: 0,
        busyTicks: 0,
        hasMadeRoom: false,
        evict: reject,
      };
      watched.add(each);
      timer ??= setInterval(look, TICK).unref();
      return {
        began() {
          each.running += 1;
          each.idleTicks = 0;
          each.busyTicks = 0;
        },
        ended() {
          each.running -= 1;
          silentTicks = 0;
        },
        evicted,
        close: () => watched.delete(each),
      };
    },
    answered() {
      silentTicks = 0;
    },
  };
}

function evict(each: Watched, why: string): void {
  const failure = deadlineExceeded.failure({ cause: new Error(why) });
  evictions.add(failure);
  each.evict(failure);
}

const IDLE = "the transaction ran no statement while other work waited for its connection";
const BUSY = "a statement of the transaction took long while other work waited for its connection";
