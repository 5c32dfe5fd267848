import type { Database } from "../../database/database.ts";

/** A database as one process sees it; once that has died nothing reaches it any more, and what is under way is rolled back. */
export function mortal(database: Database): { readonly database: Database; die(): void } {
  let dead = false;
  const alive = () => {
    if (dead) throw new Error("the process has ended");
  };
  return {
    die() {
      dead = true;
    },
    database: {
      ...database,
      async query(text, values) {
        alive();
        return database.query(text, values);
      },
      async transaction(work, options) {
        alive();
        return database.transaction(async (tx) => {
          const result = await work({
            ...tx,
            async query(text, values) {
              alive();
              return tx.query(text, values);
            },
          });
          alive();
          return result;
        }, options);
      },
    },
  };
}
