import { currentContext } from "../../context/context.ts";
import { createWaitingLine, type WaitingLine } from "../../database/connections/waiting-line.ts";
import type { Database, Transaction } from "../../database/database.ts";

/** Transactions of one kind at once. Sagas share four in ten connections: so one kind that hangs leaves others theirs. */
const AT_ONCE = 2;

/** The longest that a transaction waits for others of its kind, in milliseconds; then it is `unavailable`. */
const LONGEST_WAIT = 5_000;

type Work = (tx: Transaction) => Promise<unknown>;

/** A database that runs no more than two transactions of one kind at once; `kindOf` tells them apart, and what has none is not held back. */
export function fairTransactions(database: Database, kindOf: (work: Work) => object | undefined): Database {
  const lines = new WeakMap<object, WaitingLine>();

  function lineOf(kind: object): WaitingLine {
    const line = lines.get(kind) ?? createWaitingLine({ places: AT_ONCE, patience: LONGEST_WAIT });
    lines.set(kind, line);
    return line;
  }

  return {
    ...database,
    async transaction(work, options) {
      const kind = kindOf(work);
      if (!kind) return database.transaction(work, options);
      const line = lineOf(kind);
      await line.enter(currentContext());
      try {
        return await database.transaction(work, options);
      } finally {
        line.leave();
      }
    },
  };
}
