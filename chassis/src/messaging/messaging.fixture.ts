import { type Static, Type } from "typebox";
import { event } from "../contract/event.ts";
import { Fields, Id } from "../contract/schema.ts";
import type { Database } from "../database/database.ts";
import type { MigrationSet } from "../database/migrate.ts";
import { createLog } from "../telemetry/log.ts";
import { type Cleanup, type TestDatabase, testDatabase } from "../testing/servers/postgres.ts";
import type { Broker, Published } from "./brokers/broker.ts";
import type { Message } from "./message.ts";

export const quiet = createLog({ service: "test", level: process.env["TEST_LOG_LEVEL"] ?? "silent" });

const Happened = Fields({ thingId: Id, number: Type.Integer({ minimum: 0 }) });
export type Happened = Static<typeof Happened>;
export const thingHappened = event("thing.happened", { key: "thingId", body: Happened });

const messagingMigrations: MigrationSet = {
  name: "chassis/messaging",
  folder: new URL("./migrations/", import.meta.url),
};

/** The database of a service with the tables of messaging, and one for effects. */
export async function serviceDatabase(t: Cleanup): Promise<TestDatabase> {
  const made = await testDatabase(t, [messagingMigrations]);
  await made.database.query(
    "create table effect (seq bigint generated always as identity, thing_id text, number integer)",
  );
  return made;
}

/** What the handlers of the tests do: a row for each time. */
export const effects = (database: Database): Promise<Happened[]> =>
  database.query<Happened>(`select thing_id as "thingId", number from effect order by seq`);

/** A broker that only takes messages, as `publish` decides. */
export function takingBroker(publish: (messages: readonly Message[]) => Promise<Published[]>): Broker {
  return {
    declare: async () => {},
    withdraw: async () => {},
    publish,
    subscribe: async () => async () => {},
    state: () => "connected",
    close: async () => {},
  };
}
