import type { Database } from "../database/database.ts";
import { groupCommit } from "../database/group-commit.ts";
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

/** When more than so many messages of a transaction fail, they are applied one by one. */
const MOST_FAILURES = 3;

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
  for (;;) {
    const left = items.filter((item) => !failures.has(item));
    if (left.length === 0) break;
    const failed = await attempt(database, handling, left, repeats);
    if (!failed) break;
    failures.set(failed.item, failed.error);
    if (failures.size > MOST_FAILURES && items.length > 1) throw new Error("too many messages of a transaction failed");
  }
  return items.map((item) =>
    failures.has(item) ? { error: failures.get(item) } : repeats.has(item) ? "repeated" : "applied",
  );
}

/** Applies all of them or nothing; resolves with the one whose handler threw, if any. Those that were applied before go to `repeats`. */
async function attempt(
  database: Database,
  { consumer, handlingTime }: Handling,
  items: readonly Item[],
  repeats: Set<Item>,
): Promise<{ item: Item; error: unknown } | undefined> {
  let current: Item | undefined;
  try {
    await withinTime(handlingTime, (time) =>
      database.transaction(async (tx) => {
        current = undefined;
        repeats.clear();
        const ids = items.map(({ message }) => message.id);
        const fresh = await recordAllInInbox(tx, consumer, ids);
        for (const item of items) {
          // Taken out, so that of two messages with one id only the first is handled.
          if (!fresh.delete(item.message.id)) {
            repeats.add(item);
            continue;
          }
          current = item;
          const { body, handle } = item.readable;
          const work = () => handle(body, tx, item.message);
          await (item.context ? runInContext({ ...item.context, ...time }, work) : work());
        }
        current = undefined;
      }),
    );
    return undefined;
  } catch (error) {
    if (!current || isDatabaseOutage(error)) throw error;
    return { item: current, error };
  }
}
