import { ConfigurationError } from "../../../core/configuration/config.ts";
import type { Database } from "../../../database/database.ts";
import { type MigrationSet, migrate } from "../../../database/migrate.ts";

export const brokerMigrations: MigrationSet = {
  name: "chassis/broker",
  folder: new URL("./broker-migrations/", import.meta.url),
};

/**
 * Brings the tables of an embedded broker's database up to date; safe to do by several at the same time. Its owner does this;
 * roles that only send and receive need `connect` on the database, and what `grantMessaging` (`broker-rights.ts`) gives them.
 */
export const migrateBroker = (database: Database): Promise<void> => migrate(database, [brokerMigrations]);

/** Migrates the broker's database when the role may. Throws a `ConfigurationError` when it may not and there are no tables. */
export async function migrateBrokerIfAllowed(database: Database): Promise<void> {
  const [found] = await database.query<{ may: boolean; ready: boolean }>(
    `select has_schema_privilege(current_user, 'public', 'create') as may, to_regclass('delivery') is not null as ready`,
  );
  if (found?.may) await migrateBroker(database);
  else if (!found?.ready) throw new ConfigurationError(["BROKER_URL: its owner has to make the broker's tables first"]);
}
