import { countShares } from "./shares.ts";

/** What a request is worth when not all can be served. `high`: others wait for it, and its caller would only ask again. */
export type Priority = "normal" | "high";

/** What may have to be waited for: a turn of the event loop, or a connection to the database. */
export type Queue = "turn" | "connection";

/** Decides who is let in, by how long those who are in have to wait. Pure: it has no timer and reads no clock. */
export type LoadShedder = {
  /**
   * Whether one more request of a caller is let in. If so, `done` has to be called once for it. Where there is no room, a caller is let in
   * nevertheless who has less than an equal share of it: one who fills all of it is in nobody's way but its own.
   */
  admit(priority: Priority, now: number, caller?: string): boolean;
  done(caller?: string): void;
  /** Somebody waited for so many milliseconds; 0 when nothing was in the way. */
  waited(queue: Queue, milliseconds: number, now: number): void;
  /** How many are let in at once; twice as many when the others have high priority, or are of callers who have little under way. */
  limit(): number;
  underWay(): number;
};

export type LoadShedderOptions = {
  /** It lets in at least so many, whatever they wait: with fewer a burst would be taken for an overload. Default 64. */
  least?: number;
  /** It never lets in more. Default 2,000: where it begins, so that nobody is refused before there is a reason. */
  most?: number;
  /** Milliseconds that a wait may take, for each queue. Default: 30 for a turn, 100 for a connection. */
  targets?: Readonly<Record<Queue, number>>;
};

/** Milliseconds over which waits are judged, and how many of them it takes. */
const WINDOW = 100;
const LEAST_SAMPLES = 3;
/** Too few waits are kept for the next window; after so many milliseconds they say nothing. */
const STALE = 1_000;
/** How far one judgement can go down: at least to the second, at most to the first. */
const MOST_CUT = 0.5;
const LEAST_CUT = 0.9;
/** The waits in one queue that are not judged yet. */
type Waits = { since: number; least: number; count: number };
type Window = { since: number; peak: number; readonly waits: Record<Queue, Waits> };

/**
 * A limit of concurrency that adapts to measured waits. Once in a window the shortest wait in each queue is looked at: when even that is
 * over its target, the queue stands (as in CoDel, Nichols and Jacobson 2012), and the limit falls to a share of what was under way, by
 * how far the target was missed; when none stands or may stand, it grows by its square root, whether or not anybody needs it: an overload that is over
 * shall refuse nobody. A short burst waits, and is not refused.
 */
export function createLoadShedder(options: LoadShedderOptions = {}): LoadShedder {
  const { least = 64, most = 2_000, targets = { turn: 30, connection: 100 } } = options;
  let limit = most;
  let underWay = 0;
  const shares = countShares();
  const queues = Object.keys(targets) as Queue[];
  let window: Window = { since: 0, peak: 0, waits: { turn: noWaits(0), connection: noWaits(0) } };

  function judge(now: number): void {
    const age = now - window.since;
    if (age < WINDOW) return;
    const counted = queues.filter((queue) => window.waits[queue].count >= LEAST_SAMPLES);
    if (counted.length === 0 && age < STALE) return;
    const excess = Math.max(0, ...counted.map(excessOf));
    if (excess > 1) {
      const share = Math.min(LEAST_CUT, Math.max(MOST_CUT, 1 / excess));
      limit = Math.max(least, Math.floor(Math.min(limit, window.peak) * share));
    } else if (!queues.some((queue) => isOpen(queue, now) && excessOf(queue) > 1)) {
      limit = Math.min(most, limit + Math.ceil(Math.sqrt(limit)));
    }
    const waits = { ...window.waits };
    for (const queue of queues) if (!isOpen(queue, now)) waits[queue] = noWaits(now);
    window = { since: now, peak: underWay, waits };
  }

  const excessOf = (queue: Queue): number => window.waits[queue].least / targets[queue];

  /** Whether there are waits in this queue, but too few to judge by: a queue in which little happens is the slowest of all. */
  function isOpen(queue: Queue, now: number): boolean {
    const { count, since } = window.waits[queue];
    return count > 0 && count < LEAST_SAMPLES && now - since < STALE;
  }

  return {
    admit(priority, now, caller = "") {
      judge(now);
      const goesFirst = priority === "high" || shares.hasLeft(caller, limit);
      if (underWay >= (goesFirst ? 2 * limit : limit)) return false;
      underWay += 1;
      shares.add(caller);
      window.peak = Math.max(window.peak, underWay);
      return true;
    },
    done(caller = "") {
      underWay -= 1;
      shares.remove(caller);
    },
    waited(queue, milliseconds, now) {
      const waits = window.waits[queue];
      if (waits.count === 0) waits.since = now;
      waits.least = Math.min(waits.least, milliseconds);
      waits.count += 1;
      judge(now);
    },
    limit: () => limit,
    underWay: () => underWay,
  };
}

const noWaits = (since: number): Waits => ({ since, least: Number.POSITIVE_INFINITY, count: 0 });
