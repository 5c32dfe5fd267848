import { Failure } from "../core/failure.ts";
import { currentContext, runInContext, type WorkContext } from "../telemetry/context.ts";
import { isRecorded } from "../telemetry/span.ts";
import type { Transaction } from "./transaction.ts";
import { groupTime, membershipOf } from "./transaction-group.ts";

/**
 * Does something for all items in a transaction, and resolves with a result for each, in their order. A failure as a result is thrown
 * to whoever gave that item, for whom nothing must have been changed.
 */
export type ForAll<Item, Result> = (tx: Transaction, items: readonly Item[]) => Promise<readonly (Result | Failure)[]>;

export type ForOne<Item, Result> = (tx: Transaction, item: Item) => Promise<Result>;

/**
 * Makes a write of a store, for one item, out of one for all: what the members of a group of transactions want at the same time
 * (see `groupTransactions`) is one call of `write`, and so one statement.
 */
export const combinedWrite = <Item, Result>(write: ForAll<Item, Result>): ForOne<Item, Result> => {
  const combine = combined(write);
  return async (tx, item) => {
    const result = await combine(tx, item);
    const membership = membershipOf(tx);
    if (membership) membership.hasWritten = true;
    return result;
  };
};

/** The same for a read, which may lock what it reads: whoever has done nothing else has changed nothing. */
export const combinedRead = <Item, Result>(read: ForAll<Item, Result>): ForOne<Item, Result> => combined(read);

type Wanted<Item, Result> = {
  readonly item: Item;
  readonly context: WorkContext | undefined;
  resolve(result: Result): void;
  reject(error: unknown): void;
};

function combined<Item, Result>(work: ForAll<Item, Result>): ForOne<Item, Result> {
  const wantedBy = new WeakMap<Transaction, Wanted<Item, Result>[]>();
  return (tx, item) => {
    const group = membershipOf(tx)?.group ?? tx;
    return new Promise((resolve, reject) => {
      const wanted = { item, context: currentContext(), resolve, reject };
      const others = wantedBy.get(group);
      if (others) {
        others.push(wanted);
        return;
      }
      const all = [wanted];
      wantedBy.set(group, all);
      // Everybody who could go on by now has come here by then.
      process.nextTick(() => {
        wantedBy.delete(group);
        void settle(group, work, all);
      });
    });
  };
}

async function settle<Item, Result>(
  group: Transaction,
  work: ForAll<Item, Result>,
  all: readonly Wanted<Item, Result>[],
): Promise<void> {
  try {
    const results = await inContextOf(group, all, () =>
      work(
        group,
        all.map(({ item }) => item),
      ),
    );
    if (results.length !== all.length) throw new Error(`${results.length} results for ${all.length} items`);
    all.forEach(({ resolve, reject }, index) => {
      const result = results[index] as Result | Failure;
      if (result instanceof Failure) reject(result);
      else resolve(result);
    });
  } catch (error) {
    for (const { reject } of all) reject(error);
  }
}

/** What is done for several shows in a trace that is recorded, and has the time that their transaction has. */
function inContextOf<T>(group: Transaction, all: readonly { context: WorkContext | undefined }[], work: () => T): T {
  const context = (all.find((each) => isRecorded(each.context)) ?? all[0])?.context;
  const time = groupTime(group);
  return context ? runInContext(time ? { ...context, ...time } : context, work) : work();
}
