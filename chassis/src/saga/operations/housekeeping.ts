import type { Database } from "../../database/database.ts";
import { removeEnded } from "./operated-saga-store.ts";

const STEP = 1_000;

/**
 * Makes the removal of ended sagas: each call looks at the next 1,000 of the old ones and removes those whose time is over, `days` after their end;
 * resolves with whether there may be more. What is still under way is passed over, however old it is.
 */
export function sagaHousekeeping(database: Database, days: number): () => Promise<boolean> {
  let cursor: string | undefined;
  return async () => {
    cursor = await removeEnded(database, { cursor, days, limit: STEP });
    return cursor !== undefined;
  };
}
