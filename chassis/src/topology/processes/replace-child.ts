import type { Clock } from "../../core/clock.ts";
import type { Child, Ended } from "./child.ts";

/** What became of a process that was to take the place of another: how it ended, if it did before it was ready. */
export type Replaced = "replaced" | "started again" | "given up" | Ended;

/** A process that may take the place of another. */
export type Candidate = {
  /** Starts it held: it only loads what it runs. */
  start(): Promise<Child>;
  /** Whether it may begin. */
  readonly approved: Promise<boolean>;
  /** Aborted when the process is not wanted any more. */
  readonly signal: AbortSignal;
  /** Has it, and the one that it replaced, as long as they run beside the current one. */
  readonly others: Set<Child>;
};

const READY_WITHIN = 60_000;

/**
 * Starts a process, lets it begin once that is approved, and hands it to `take` when it is ready; the one that `take` returns is drained. What is
 * given up is drained as well: it may have begun to work.
 */
export async function replaceChild(
  { start, approved, signal, others }: Candidate,
  clock: Clock,
  take: (next: Child, url: string) => Child | undefined,
): Promise<Replaced> {
  if (signal.aborted) return "given up";
  const next = await start();
  const given = Promise.withResolvers<false>();
  const giveUp = () => {
    void next.stop();
    given.resolve(false);
  };
  others.add(next);
  signal.addEventListener("abort", giveUp, { once: true });
  try {
    if (signal.aborted) giveUp();
    const end = next.ended;
    const may = await Promise.race([approved, given.promise, end]);
    if (may === false) {
      await next.stop();
      return "given up";
    }
    next.letGo();
    const url = await readyInTime(next, clock);
    if (url === undefined) return signal.aborted ? "given up" : await end;
    retire(take(next, url), others);
    return "replaced";
  } finally {
    signal.removeEventListener("abort", giveUp);
    others.delete(next);
  }
}

function retire(old: Child | undefined, others: Set<Child>): void {
  if (!old) return;
  others.add(old);
  void old.stop().finally(() => others.delete(old));
}

/** Where a process is once it is ready; undefined when it ended before, or was killed because it took more than a minute. */
export async function readyInTime(child: Child, clock: Clock): Promise<string | undefined> {
  const overdue = new AbortController();
  void clock.sleep(READY_WITHIN, overdue.signal).then(child.kill, () => {});
  const url = await child.ready;
  overdue.abort();
  return url;
}
