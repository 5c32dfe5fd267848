import type { Clock } from "../core/clock.ts";
import { unavailable } from "../core/failure.ts";
import type { Database } from "../database/database.ts";
import { type MigrationSet, migrate } from "../database/migrate.ts";
import type { Log } from "../telemetry/log.ts";

/** Milliseconds between attempts to reach a database that is not up yet. */
const PATIENCE = 500;

/** The tables of the chassis; each part keeps its own. */
const chassisMigrations: readonly MigrationSet[] = ["database", "messaging", "saga"].map((part) => ({
  name: `chassis/${part}`,
  folder: new URL(`../${part}/migrations/`, import.meta.url),
}));

/** Waits until the database can be reached, checks that it keeps what it commits, and brings its tables up to date. */
export async function prepareDatabase(
  database: Database,
  { service, migrations, clock, log }: { service: string; migrations: URL; clock: Clock; log: Log },
): Promise<void> {
  for (;;) {
    try {
      await migrate(database, [...chassisMigrations, { name: service, folder: migrations }]);
      return;
    } catch (error) {
      if (!unavailable.is(error)) throw error;
      log.warn({ err: error.cause }, "waiting for the database");
      await clock.sleep(PATIENCE);
    }
  }
}
