import { currentContext, runInContext, type WorkContext } from "../../context/context.ts";
import { unhurried } from "../../context/time-left.ts";
import { Failure } from "../../core/failure/failure.ts";
import { boundary } from "../../telemetry/boundary.ts";
import type { Database, Transaction, TransactionOptions } from "../database.ts";
import { isConflict, isDatabaseOutage } from "../postgres-error.ts";
import { groupCommit } from "./group-commit.ts";
import { inGroup, type Leaving, type MemberOutcome } from "./transaction-group.ts";

/**
 * Runs `work` in a transaction that it may share with others, isolated from them: see {@link groupTransactions}. `key` names what only one
 * of them may handle at a time, such as an order. `code` names what runs, so that code which can't share is not tried again and again;
 * default: `work` itself.
 */
export type GroupedTransaction = <T>(key: string, work: (tx: Transaction) => Promise<T>, code?: object) => Promise<T>;

export type GroupTransactionsOptions = Pick<TransactionOptions, "priority"> & {
  /** The most members of one transaction. Default 64. */
  most?: number;
  /** How many shared transactions may be under way at once. Default 2. */
  lanes?: number;
};

type Item = {
  readonly work: (tx: Transaction) => Promise<unknown>;
  readonly context: WorkContext | undefined;
};

/** Committed, refused with nothing to commit, or to be done in a transaction of its own. */
type Outcome = { readonly result: unknown } | { readonly error: unknown } | { readonly left: Leaving | "failed" };

/** Milliseconds for which code that was slow is not made to share a transaction again. */
const SLOW_FOR = 60_000;

/**
 * Makes a `database.transaction` for work of which much comes at the same time: it shares one transaction, and so one commit, with what
 * comes together with it. What members want of combined reads and writes (see `combinedWrite`) at the same time are the same few
 * statements, however many members there are.
 * - Each member is isolated. Only combined statements are shared; work that runs any statement of its own (`tx.query`), or wants what
 *   another member holds, is taken out and run again in a serializable transaction of its own, as by `database.transaction`: locks, savepoints,
 *   settings and temporary tables are never shared.
 * - Each has its own success or failure. One that is refused before it has written anything is left out; when one fails later the shared
 *   transaction is rolled back, and done again: the failed one by itself, the others together.
 * - Batching adds no delay, and work that hangs leaves the others after a second. What is over when its transaction begins is left out.
 * - Work may be run more than once, so it must do nothing but use the transaction. Two works with one key are never at work at once.
 */
export function groupTransactions(database: Database, options: GroupTransactionsOptions = {}): GroupedTransaction {
  const { most = 64, lanes = 2, priority = "normal" } = options;
  const share = groupCommit<Item, Outcome>({ most, lanes, write: (items) => runAll(database, items) });
  const inTurn = oneAtATime();
  const aloneUntil = new WeakMap<object, number>();
  return (key, work, code = work) =>
    inTurn(key, async () => {
      if (!((aloneUntil.get(code) ?? 0) > performance.now())) {
        const outcome = await share({ work, context: currentContext() });
        if ("result" in outcome) return outcome.result as Awaited<ReturnType<typeof work>>;
        if ("error" in outcome) throw outcome.error;
        if (outcome.left === "alone") aloneUntil.set(code, Number.POSITIVE_INFINITY);
        if (outcome.left === "slow") aloneUntil.set(code, performance.now() + SLOW_FOR);
      }
      return database.transaction(work, { priority });
    });
}

/** Nothing was committed since members failed or left after they had written. */
class BatchAborted extends Error {
  readonly outcomes: readonly MemberOutcome<unknown>[];
  constructor(outcomes: readonly MemberOutcome<unknown>[]) {
    super("members of a shared transaction failed after they had written");
    this.outcomes = outcomes;
  }
}

async function runAll(database: Database, items: readonly Item[]): Promise<Outcome[]> {
  try {
    return (await runTogether(database, items)).map(settled);
  } catch (error) {
    if (!(error instanceof BatchAborted)) throw error;
    const { outcomes } = error;
    const others = items.filter((_, index) => !spoils(outcomes[index]));
    const redone = others.length > 0 ? await runAll(database, others) : [];
    return outcomes.map((outcome) => (spoils(outcome) ? settled(outcome) : (redone.shift() as Outcome)));
  }
}

/** What the caller is to hear: a failure is only told when it is not about what others did in the same transaction. */
function settled(outcome: MemberOutcome<unknown>): Outcome {
  if ("result" in outcome || "left" in outcome) return outcome;
  return spoils(outcome) ? { left: "failed" } : outcome;
}

/** Whether nothing can be committed with this member in the transaction. */
function spoils(outcome: MemberOutcome<unknown> | undefined): boolean {
  if (!outcome || "result" in outcome) return false;
  return outcome.hasWritten || ("error" in outcome && !isRefusal(outcome.error));
}

/** Runs all in one transaction. Throws {@link BatchAborted} when nothing is committed. */
async function runTogether(database: Database, items: readonly Item[]): Promise<MemberOutcome<unknown>[]> {
  const works = items.flatMap(({ context }) => context ?? []);
  const run = () =>
    database.transaction(
      async (tx) => {
        const outcomes = await runMembers(tx, items);
        boundary("in transaction", works);
        return outcomes;
      },
      { isolation: "read committed" },
    );
  boundary("before transaction", works);
  const [only] = items;
  // A single member keeps its deadline; several have nobody's.
  const outcomes = await (items.length === 1 && only?.context ? runInContext(only.context, run) : run());
  boundary("after commit", works);
  return outcomes;
}

async function runMembers(tx: Transaction, items: readonly Item[]): Promise<MemberOutcome<unknown>[]> {
  const outcomes = await inGroup(tx, items, ({ work, context }, member) => {
    const run = () => work(member);
    return context && items.length > 1 ? runInContext(unhurried(context), run) : run();
  });
  for (const outcome of outcomes) {
    // What a single member throws is its own: nothing of others can have led to it.
    if ("error" in outcome && (items.length === 1 || isEverybodys(outcome.error))) throw outcome.error;
  }
  if (outcomes.some(spoils)) throw new BatchAborted(outcomes);
  return outcomes;
}

/** A conflict is a reason to do all of it again; an outage of the database is no member's own. */
const isEverybodys = (error: unknown): boolean => isConflict(error) || isDatabaseOutage(error);

const isRefusal = (error: unknown): boolean => error instanceof Failure && error.kind === "refused";

/** Lets works with the same key wait for each other. */
function oneAtATime() {
  const underWay = new Map<string, Promise<unknown>>();
  return async <T>(key: string, work: () => Promise<T>): Promise<T> => {
    for (let before = underWay.get(key); before; before = underWay.get(key)) await before;
    const working = work();
    const ended = working.then(
      () => {},
      () => {},
    );
    underWay.set(key, ended);
    try {
      return await working;
    } finally {
      if (underWay.get(key) === ended) underWay.delete(key);
    }
  };
}
