/** What a request is worth when not all can be served. `high`: others wait for it, and its caller would only ask again. */
export type Priority = "normal" | "high";

/** What may have to be waited for: a turn of the event loop, or a connection to the database. */
export type Queue = "turn" | "connection";

/** Decides who is let in, by how long those who are in have to wait. Pure: it has no timer and reads no clock. */
export type LoadShedder = {
  /** Whether one more request is let in. If so, `done` has to be called once for it. */
  admit(priority: Priority, now: number): boolean;
  done(): void;
  /** Somebody waited for so many milliseconds; 0 when nothing was in the way. */
  waited(queue: Queue, milliseconds: number, now: number): void;
  /** How many are let in at once; twice as many when all of them have high priority. */
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
/** A window that has too few waits after so many milliseconds says nothing. */
const STALE = 1_000;
/** How far one judgement can go down: at least to the second, at most to the first. */
const MOST_CUT = 0.5;
const LEAST_CUT = 0.9;
type Window = { since: number; peak: number; readonly waits: Record<Queue, { least: number; count: number }> };

/**
 * A limit of concurrency that adapts to measured waits. Once in a window the shortest wait in each queue is looked at: when even that is
 * over its target, the queue stands (as in CoDel, Nichols and Jacobson 2012), and the limit falls to a share of what was under way, by
 * how far the target was missed; when none stands, it grows by its square root, whether or not anybody needs it: an overload that is over
 * shall refuse nobody. A short burst waits, and is not refused.
 */
export function createLoadShedder(options: LoadShedderOptions = {}): LoadShedder {
  const { least = 64, most = 2_000, targets = { turn: 30, connection: 100 } } = options;
  let limit = most;
  let underWay = 0;
  let window = newWindow(0, 0);

  function judge(now: number): void {
    const age = now - window.since;
    if (age < WINDOW) return;
    const counted = (Object.keys(targets) as Queue[]).filter((queue) => window.waits[queue].count >= LEAST_SAMPLES);
    if (counted.length === 0 && age < STALE) return;
    const excess = Math.max(0, ...counted.map((queue) => window.waits[queue].least / targets[queue]));
    if (excess > 1) {
      const share = Math.min(LEAST_CUT, Math.max(MOST_CUT, 1 / excess));
      limit = Math.max(least, Math.floor(Math.min(limit, window.peak) * share));
    } else {
      limit = Math.min(most, limit + Math.ceil(Math.sqrt(limit)));
    }
    window = newWindow(now, underWay);
  }

  return {
    admit(priority, now) {
      judge(now);
      if (underWay >= (priority === "high" ? 2 * limit : limit)) return false;
      underWay += 1;
      window.peak = Math.max(window.peak, underWay);
      return true;
    },
    done() {
      underWay -= 1;
    },
    waited(queue, milliseconds, now) {
      const waits = window.waits[queue];
      waits.least = Math.min(waits.least, milliseconds);
      waits.count += 1;
      judge(now);
    },
    limit: () => limit,
    underWay: () => underWay,
  };
}

const newWindow = (since: number, peak: number): Window => ({
  since,
  peak,
  waits: {
    turn: { least: Number.POSITIVE_INFINITY, count: 0 },
    connection: { least: Number.POSITIVE_INFINITY, count: 0 },
  },
});
