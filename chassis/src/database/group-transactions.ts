import { Failure } from "../core/failure.ts";
import { boundary } from "../telemetry/boundary.ts";
import { currentContext, runInContext, type WorkContext } from "../telemetry/context.ts";
import { unhurried } from "../telemetry/time-left.ts";
import type { Database, Transaction } from "./database.ts";
import { groupCommit } from "./group-commit.ts";
import { isConflict } from "./postgres-error.ts";
import { inGroup } from "./transaction-group.ts";

/**
 * Runs `work` in a transaction that it may share with others. `key` names what only one of them may handle at a time, such as an
 * order: members of one transaction do not wait for each other's locks.
 */
export type GroupedTransaction = <T>(key: string, work: (tx: Transaction) => Promise<T>) => Promise<T>;

export type GroupTransactionsOptions = {
  /** The most members of one transaction. Default 64. */
  most?: number;
  /** How many transactions may be under way at once. Default 2. */
  lanes?: number;
};

type Item = {
  readonly work: (tx: Transaction) => Promise<unknown>;
  readonly context: WorkContext | undefined;
};

type Outcome = { readonly result: unknown } | { readonly error: unknown };

/**
 * Makes a `database.transaction` for work of which much comes at the same time: it shares one transaction, and so one commit. What its
 * members ask of combined reads and writes (see `combinedRead`) at the same time are the same few statements, however many they are.
 * - Each has its own success or failure. One that is refused before it has written anything is left out. When one fails later the
 *   transaction is rolled back, and done again: those that failed each by itself, the others together.
 * - Nobody waits for company; one that is alone is like any transaction. What is over when its transaction begins is left out.
 * - Work may be run more than once, so it must do nothing but use the transaction. Two works with one key are never at work at once.
 */
export function groupTransactions(database: Database, options: GroupTransactionsOptions = {}): GroupedTransaction {
  const { most = 64, lanes = 2 } = options;
  const run = groupCommit<Item, Outcome>({ most, lanes, write: (items) => runAll(database, items) });
  const inTurn = oneAtATime();
  return (key, work) =>
    inTurn(key, async () => {
      const outcome = await run({ work, context: currentContext() });
      if ("error" in outcome) throw outcome.error;
      return outcome.result as Awaited<ReturnType<typeof work>>;
    });
}

async function runAll(database: Database, items: readonly Item[]): Promise<Outcome[]> {
  const [only] = items;
  if (only && items.length === 1) return [await runAlone(database, only)];
  const first = await runTogether(database, items);
  if (first.committed) return first.outcomes;
  const good = items.filter((_, index) => !first.spoilt.has(index));
  const goodOutcomes = good.length > 0 ? await runAll(database, good) : [];
  const outcomes: Outcome[] = [];
  for (const [index, item] of items.entries()) {
    const next = first.spoilt.has(index) ? await runAlone(database, item) : goodOutcomes.shift();
    outcomes.push(next as Outcome);
  }
  return outcomes;
}

/** Whoever is alone keeps their deadline. */
async function runAlone(database: Database, { work, context }: Item): Promise<Outcome> {
  const run = () => database.transaction(work);
  try {
    return { result: await (context ? runInContext(context, run) : run()) };
  } catch (error) {
    return { error };
  }
}

type Together = { committed: true; outcomes: Outcome[] } | { committed: false; spoilt: ReadonlySet<number> };

class Spoilt extends Error {
  readonly spoilt: ReadonlySet<number>;
  constructor(spoilt: ReadonlySet<number>) {
    super("a member of a transaction failed after it had written");
    this.spoilt = spoilt;
  }
}

/** Runs all in one transaction; nothing is committed when one has spoilt it. */
async function runTogether(database: Database, items: readonly Item[]): Promise<Together> {
  const works = items.flatMap(({ context }) => context ?? []);
  boundary("before transaction", works);
  try {
    const outcomes = await database.transaction(async (tx) => {
      const done = await runMembers(tx, items);
      boundary("in transaction", works);
      return done;
    });
    boundary("after commit", works);
    return { committed: true, outcomes };
  } catch (error) {
    if (error instanceof Spoilt) return { committed: false, spoilt: error.spoilt };
    throw error;
  }
}

async function runMembers(tx: Transaction, items: readonly Item[]): Promise<Outcome[]> {
  const outcomes = await inGroup(tx, items, ({ work, context }, member) => {
    const run = () => work(member);
    return context ? runInContext(unhurried(context), run) : run();
  });
  const spoilt = new Set<number>();
  for (const [index, outcome] of outcomes.entries()) {
    if (!("error" in outcome)) continue;
    if (isEverybodys(outcome.error)) throw outcome.error;
    if (outcome.hasWritten || !isRefusal(outcome.error)) spoilt.add(index);
  }
  if (spoilt.size > 0) throw new Spoilt(spoilt);
  return outcomes;
}

/** A conflict is a reason to do all of it again; while the database is away nobody knows anything. */
const isEverybodys = (error: unknown): boolean =>
  isConflict(error) || (error instanceof Failure && error.kind === "unavailable");

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
