import type { Database } from "@flotilla/chassis/database";
import { eventually } from "../../fixtures/visitor.ts";

/** Does `work` while `statement` holds its locks: whatever needs them waits until then. */
export const whileLocked = <T>(database: Database, statement: string, work: () => Promise<T>): Promise<T> =>
  database.transaction(async (tx) => {
    await tx.query("set local idle_in_transaction_session_timeout = 0");
    await tx.query(statement);
    return work();
  });

/** Resolves when a statement that contains `text` waits for a lock in the database. */
export const somebodyWaits = (database: Database, text: string): Promise<true> =>
  eventually(`a statement with "${text}" waits for a lock`, async () => {
    const waiting = await database.query(
      `select from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock' and strpos(query, $1) > 0`,
      [text],
    );
    return waiting.length > 0 || undefined;
  });
