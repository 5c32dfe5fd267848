import type { Clock } from "../../core/clock.ts";
import type { Database } from "../../database/database.ts";
import { type MigrationSet, migrate } from "../../database/migrate.ts";
import type { Log } from "../../telemetry/log.ts";
import { theDatabase, untilAvailable } from "./until-available.ts";

/** The tables of the chassis; each part keeps its own. */
const chassisMigrations: readonly MigrationSet[] = ["database", "messaging", "saga"].map((part) => ({
  name: `chassis/${part}`,
  folder: new URL(`../../${part}/migrations/`, import.meta.url),
}));

/** Waits until the database can be reached, and brings its tables up to date. */
export const prepareDatabase = (
  database: Database,
  { service, migrations, clock, log }: { service: string; migrations: URL | undefined; clock: Clock; log: Log },
): Promise<void> =>
  untilAvailable(
    theDatabase,
    () => migrate(database, [...chassisMigrations, ...(migrations ? [{ name: service, folder: migrations }] : [])]),
    { clock, log },
  );
