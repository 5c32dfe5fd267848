import { currentContext, runInContext, type WorkContext } from "../../context/context.ts";
import { Failure } from "../../core/failure/failure.ts";
import { isRecorded } from "../../telemetry/tracing/span.ts";
import type { Transaction } from "./transaction.ts";
import { groupTime, membershipOf } from "./transaction-group.ts";

/**
 * Does something for all items in a transaction, and resolves with a result for each, in their order. A failure as a result is thrown
 * to whoever gave that item, for whom nothing must have been changed.
 */
export type ForAll<Item, Result> = (tx: Transaction, items: readonly Item[]) => Promise<readonly (Result | Failure)[]>;

export type ForOne<Item, Result> = (tx: Transaction, item: Item) => Promise<Result>;

export type CombinedOptions<Item> = {
  /**
   * Names what only one member of a group may hold until the transaction ends, such as the row that is locked; the same names mean the same
   * in all combined statements. A member that wants what another holds is run in a transaction of its own, after it. Undefined: many
   * members may want it at once, and the function for all copes with that.
   */
  holds?: (item: Item) => string | undefined;
};

/**
 * Makes a write of a store, for one item, out of one for all: what the members of a group of transactions want at the same time
 * (see `groupTransactions`) is one call of `write`, and so one statement. This is how members share a transaction: `write` is given what
 * all of them want, sees what each has done, and has to lock what it relies on, as other transactions run beside it (READ COMMITTED). Default:
 * nothing is held.
 */
export const combinedWrite = <Item, Result>(
  write: ForAll<Item, Result>,
  { holds = () => undefined }: CombinedOptions<Item> = {},
): ForOne<Item, Result> => {
  const combine = combined(write, holds);
  return async (tx, item) => {
    const membership = membershipOf(tx);
    if (!membership) return combine(tx, item);
    membership.writing += 1;
    const result = await combine(tx, item).finally(() => {
      membership.writing -= 1;
    });
    membership.hasWritten = true;
    return result;
  };
};

/**
 * The same for a read, which may lock what it reads. Default: an item is held by the member that asks for it first, so that no two
 * members decide by the same row.
 */
export const combinedRead = <Item, Result>(
  read: ForAll<Item, Result>,
  { holds }: CombinedOptions<Item> = {},
): ForOne<Item, Result> => {
  const name = `combined read ${++reads} of `;
  return combined(read, holds ?? ((item) => name + JSON.stringify(item)));
};

let reads = 0;

type Wanted<Item, Result> = {
  readonly item: Item;
  readonly context: WorkContext | undefined;
  resolve(result: Result): void;
  reject(error: unknown): void;
};

function combined<Item, Result>(
  work: ForAll<Item, Result>,
  holds: (item: Item) => string | undefined,
): ForOne<Item, Result> {
  const wantedBy = new WeakMap<Transaction, Wanted<Item, Result>[]>();
  return async (tx, item) => {
    const membership = membershipOf(tx);
    membership?.hold(holds(item));
    const group = membership?.group ?? tx;
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
