import { deadlineExceeded } from "../core/failure.ts";
import type { Database, Transaction } from "../database/database.ts";
import { groupCommit } from "../database/group-commit.ts";
import { isAborted, isConflict } from "../database/postgres-error.ts";
import { inGroup } from "../database/transaction-group.ts";
import { currentContext, runInContext, type WorkContext } from "../telemetry/context.ts";
import { isDatabaseOutage } from "./database-outage.ts";
import { recordAllInInbox } from "./inbox-store.ts";
import type { Message } from "./message.ts";
import type { Readable } from "./read-message.ts";
import { withinTime } from "./within-time.ts";

/** How long a transaction of messages may take, in milliseconds. */
export const HANDLING_TIME = 20_000;

/** Whose messages, and how many milliseconds a transaction of them may take. */
type Handling = { readonly consumer: string; readonly handlingTime: number };

type Item = { readonly message: Message; readonly readable: Readable; readonly context: WorkContext | undefined };

/** Applied now, or a repeat of what was applied before. */
export type Applied = "applied" | "repeated";

/** What became of a message: applied, or what its handler threw. */
type Outcome = Applied | { readonly error: unknown };

/** The most messages in one transaction: what one of them has locked is locked until all are done. */
const MOST = 50;

/** A transaction is done so many times without those that failed; after that the messages are applied one by one. */
const MOST_ATTEMPTS = 3;

/**
 * Makes a function that applies a message: its inbox row, its effects and its outgoing events commit together, with those of other
 * messages that came at the same time. A message whose handler throws takes nothing with it: the others are applied without it, and
 * the error is thrown to whoever handed it over. One that is not done in time fails with `deadline_exceeded`, and its transaction ends.
 */
export function applyTogether(
  database: Database,
  consumer: string,
  handlingTime = HANDLING_TIME,
): (message: Message, readable: Readable) => Promise<Applied> {
  const handling = { consumer, handlingTime };
  const apply = groupCommit<Item, Outcome>({ most: MOST, write: (items) => applyAll(database, handling, items) });
  return async (message, readable) => {
    const outcome = await apply({ message, readable, context: currentContext() });
    if (typeof outcome === "object") throw outcome.error;
    return outcome;
  };
}

async function applyAll(database: Database, handling: Handling, items: readonly Item[]): Promise<Outcome[]> {
  const failures = new Map<Item, unknown>();
  const repeats = new Set<Item>();
  for (let attempts = 1; ; attempts++) {
    const left = items.filter((item) => !failures.has(item));
    const failed = left.length > 0 ? await attempt(database, handling, left, repeats) : new Map<Item, unknown>();
    if (failed.size === 0) break;
    for (const [item, error] of failed) failures.set(item, error);
    if (attempts === MOST_ATTEMPTS && items.length > 1) throw new Error("too many messages of a transaction failed");
  }
  return items.map((item) =>
    failures.has(item) ? { error: failures.get(item) } : repeats.has(item) ? "repeated" : "applied",
  );
}

/** Applies all of them or nothing; resolves with those whose handlers threw. Those that were applied before go to `repeats`. */
async function attempt(
  database: Database,
  { consumer, handlingTime }: Handling,
  items: readonly Item[],
  repeats: Set<Item>,
): Promise<Map<Item, unknown>> {
  const underWay = new Set<Item>();
  const failed = new Map<Item, unknown>();
  try {
    await withinTime(handlingTime, (time) =>
      database.transaction(async (tx) => {
        underWay.clear();
        failed.clear();
        repeats.clear();
        const ids = items.map(({ message }) => message.id);
        const fresh = await recordAllInInbox(tx, consumer, ids);
        // Taken out, so that of two messages with one id only the first is handled.
        for (const item of items) (fresh.delete(item.message.id) ? underWay : repeats).add(item);
        const handled = [...underWay];
        const outcomes = await inGroup(tx, handled, (item, member) =>
          handle(item, member, time).finally(() => underWay.delete(item)),
        );
        for (const [index, outcome] of outcomes.entries()) {
          if ("error" in outcome) failed.set(handled[index] as Item, outcome.error);
        }
        if (failed.size > 0)
          throw [...failed.values()].find(isConflict) ?? new Error("a message of a transaction failed");
      }),
    );
  } catch (error) {
    // What has not returned by now has taken too long.
    for (const item of underWay) failed.set(item, error);
    if (failed.size === 0) throw error;
  }
  return ownFailures(failed, items.length);
}

async function handle(
  { message, readable, context }: Item,
  tx: Transaction,
  time: Partial<WorkContext>,
): Promise<void> {
  const work = () => readable.handle(readable.body, tx, message);
  await (context ? runInContext({ ...context, ...time }, work) : work());
}

/** Those that failed by themselves, and not because of others. Throws what is not about any of them, or may be about any. */
function ownFailures(failed: ReadonlyMap<Item, unknown>, together: number): Map<Item, unknown> {
  const own = new Map([...failed].filter(([, error]) => !isAborted(error)));
  const errors = [...own.values()];
  const outage = errors.find(isDatabaseOutage);
  if (outage) throw outage;
  // A statement for several of them, or one that others had to wait for: applied one by one they will show whose it is.
  const isShared = new Set(errors).size < errors.length || errors.some(deadlineExceeded.is);
  if (isShared && together > 1) throw new Error("messages of a transaction failed together");
  return own.size > 0 ? own : new Map(failed);
}
