import { currentContext, runInContext, runOutsideContext, type WorkContext } from "../../context/context.ts";
import { unhurried, whyOver } from "../../context/time-left.ts";
import { Failure } from "../../core/failure/failure.ts";
import { inSpan, isRecorded } from "../../telemetry/tracing/span.ts";

export type GroupCommitOptions<Item, Result> = {
  /**
   * Writes all items in one transaction and resolves, once it has been committed, with a result for each, in their order. Throws
   * when nothing was written, or with an `unavailable` failure when that is not known.
   */
  write(items: readonly Item[]): Promise<readonly Result[]>;
  /** The most items in one transaction. Default 200. */
  most?: number;
  /** How many transactions may be under way at once. Default 2: while one waits for the disk the next is made. */
  lanes?: number;
  /** Whether a batch is given up when nobody in it waits any more: good for what only reads. Default: no, what is in it is written. */
  endsWithCallers?: boolean;
};

type Waiting<Item, Result> = {
  item: Item;
  context: WorkContext | undefined;
  resolve(result: Result): void;
  reject(error: unknown): void;
};

/**
 * Makes a function that writes one item, together with those that others write at the same time: one statement, one commit.
 * - Each caller gets its own result. When a batch is refused, its items are written one by one, so that each caller gets its own
 *   error and none suffers for another's. Only an outage is everybody's: then nobody knows what was committed.
 * - Nobody waits for company: an item goes with what has come up to the end of this turn of the event loop, and only when all
 *   lanes are taken does it wait for the next batch.
 * - What is over when its batch is made is left out and rejected. A batch itself has nobody's deadline, unless it `endsWithCallers`.
 */
export function groupCommit<Item, Result>(options: GroupCommitOptions<Item, Result>): (item: Item) => Promise<Result> {
  const { write, most = 200, lanes = 2, endsWithCallers = false } = options;
  let waiting: Waiting<Item, Result>[] = [];
  let free = lanes;
  let scheduled = false;

  function schedule(): void {
    if (scheduled || free === 0 || waiting.length === 0) return;
    scheduled = true;
    setImmediate(() => {
      scheduled = false;
      begin();
    });
  }

  function begin(): void {
    const batch = inTime(waiting.slice(0, most));
    waiting = waiting.slice(most);
    free--;
    // One whose trace is recorded shows what the batch did.
    const first = batch.find(({ context }) => isRecorded(context)) ?? batch[0];
    // Whoever happened to be under way when this turn was scheduled has nothing to do with it.
    const doIt = () => settle(batch, write);
    const deadline = endsWithCallers ? latestDeadline(batch) : undefined;
    const settled = first?.context
      ? runInContext({ ...unhurried(first.context), deadline }, doIt)
      : runOutsideContext(doIt);
    settled.finally(() => {
      free++;
      schedule();
    });
    schedule();
  }

  const enter = (item: Item): Promise<Result> =>
    new Promise((resolve, reject) => {
      waiting.push({ item, context: currentContext(), resolve, reject });
      schedule();
    });
  return (item) => inSpan("group commit", { isFailure: isNoRefusal }, () => enter(item));
}

/** When the last of them stops waiting; undefined when one of them waits without end. */
function latestDeadline(batch: readonly Waiting<unknown, never>[]): number | undefined {
  const latest = Math.max(...batch.map(({ context }) => context?.deadline ?? Number.POSITIVE_INFINITY));
  return Number.isFinite(latest) ? latest : undefined;
}

const isNoRefusal = (error: unknown): boolean => !(error instanceof Failure && error.kind === "refused");

/** Those whose work is not over; the others are told. */
function inTime<Item, Result>(batch: readonly Waiting<Item, Result>[]): Waiting<Item, Result>[] {
  return batch.filter(({ context, reject }) => {
    const over = whyOver(context);
    if (over) reject(over);
    return !over;
  });
}

async function settle<Item, Result>(
  batch: readonly Waiting<Item, Result>[],
  write: GroupCommitOptions<Item, Result>["write"],
): Promise<void> {
  if (batch.length === 0) return;
  try {
    const results = await write(batch.map(({ item }) => item));
    if (results.length !== batch.length) throw new Error(`${results.length} results for ${batch.length} items`);
    batch.forEach(({ resolve }, index) => {
      resolve(results[index] as Result);
    });
  } catch (error) {
    const isOutage = error instanceof Failure && error.kind === "unavailable";
    if (batch.length === 1 || isOutage) for (const { reject } of batch) reject(error);
    else for (const each of batch) await settle([each], write);
  }
}
