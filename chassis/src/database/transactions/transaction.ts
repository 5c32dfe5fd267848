import type pg from "pg";
import { currentContext } from "../../context/context.ts";
import { whyOver } from "../../context/time-left.ts";
import { boundary } from "../../telemetry/boundary.ts";
import { abandon, endStatement, execute, runStatement } from "../connections/statement.ts";
import { isConflict } from "../postgres-error.ts";
import type { Activity } from "./idle-transactions.ts";

/** Something that runs SQL. Values are always parameters (`$1`), never part of the text. */
export interface Queryable {
  /** Runs one statement and returns its rows. */
  query<Row extends object = Record<string, unknown>>(text: string, values?: readonly unknown[]): Promise<Row[]>;
}

/**
 * A transaction under way. Only `Database.transaction` makes one, so whatever asks for a `Transaction` (publishing,
 * starting a saga) can't happen outside of one.
 */
export interface Transaction extends Queryable {
  /** `run` is called once the transaction has been committed, never when it was rolled back. It must not throw. */
  afterCommit(run: () => void): void;
  readonly "~transaction": true;
}

/** How much a transaction sees of those that run at the same time. */
export type Isolation = "serializable" | "read committed";

/** Milliseconds after the end of its time that work in a transaction has to return in, before its connection is taken from it. */
const PATIENCE = 2_000;

/** Does `work` in a transaction on `client`: see `Database.transaction`. Work that does not return though it is over loses the connection. */
export async function inTransaction<T>(
  client: pg.PoolClient,
  work: (tx: Transaction) => Promise<T>,
  { isolation, activity }: { isolation: Isolation; activity: Activity },
): Promise<T> {
  const afterCommit: (() => void)[] = [];
  let ended = false;
  let lostConflict: unknown;
  let underWay: Promise<unknown> | undefined;
  const tx: Transaction = {
    async query(text, values) {
      if (ended) throw new Error("the transaction has ended");
      activity.began();
      const running = rowsOf<never>(client, text, values);
      underWay = running;
      try {
        return await running;
      } catch (error) {
        if (isConflict(error)) lostConflict = error;
        throw error;
      } finally {
        activity.ended();
        if (underWay === running) underWay = undefined;
      }
    },
    afterCommit: (callback) => afterCommit.push(callback),
    "~transaction": true,
  };
  boundary("before transaction");
  await runStatement(client, `begin isolation level ${isolation}`);
  let result: T;
  try {
    result = await Promise.race([returned(work(tx), client), activity.evicted]);
    ended = true;
    refuseLateCommit();
    boundary("in transaction");
    await commit(client);
    boundary("after commit");
  } catch (error) {
    ended = true;
    // Of one that was evicted while it runs a statement.
    if (underWay) await endStatement(client, underWay);
    // A rollback that fails means the connection is gone, and the server has rolled back by itself.
    await execute(client, "rollback").catch(() => client.emit("error", error as Error));
    // Whatever the work made of it.
    throw lostConflict ?? error;
  }
  for (const callback of afterCommit) callback();
  return result;
}

/** Whoever is told that there was no answer in time is not to find later that something was done after that. */
function refuseLateCommit(): void {
  const over = whyOver(currentContext());
  if (over) throw over;
}

/** A transaction in which a statement failed is rolled back by its commit, and PostgreSQL does not call that an error. */
async function commit(client: pg.PoolClient): Promise<void> {
  const { command } = await execute(client, "commit");
  if (command !== "COMMIT") throw new Error("a statement of the transaction failed, and its work went on regardless");
}

export const rowsOf = async <Row extends object>(client: pg.PoolClient, text: string, values?: readonly unknown[]) =>
  (await runStatement<Row>(client, text, values)).rows;

/** Waits for work; if it has not returned some time after it was over, its connection is ended. */
async function returned<T>(working: Promise<T>, client: pg.PoolClient): Promise<T> {
  const context = currentContext();
  const cancellation = context?.cancellation;
  if (!cancellation) return working;
  const { promise: hung, reject } = Promise.withResolvers<never>();
  let timer: NodeJS.Timeout | undefined;
  const onOver = () => {
    timer = setTimeout(() => {
      const over = whyOver(context);
      client.emit("error", over as Error);
      abandon(client);
      reject(over);
    }, PATIENCE);
  };
  cancellation.listen(onOver);
  try {
    return await Promise.race([working, hung]);
  } finally {
    cancellation.forget(onOver);
    clearTimeout(timer);
  }
}
