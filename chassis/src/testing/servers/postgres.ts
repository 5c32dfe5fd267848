import { randomBytes } from "node:crypto";
import pg from "pg";
import { connectionTo } from "../../database/connections/connection-to.ts";
import { type Database, openDatabase } from "../../database/database.ts";
import { type MigrationSet, migrate } from "../../database/migrate.ts";
import { createLog } from "../../telemetry/log.ts";
import type { EmbeddedPostgres } from "../../topology/postgres/embedded-postgres.ts";
import { afterEverything, type Cleanup } from "../file-cleanup.ts";
import { startTestServer } from "./postgres-server.ts";

export type { Cleanup };

/** A database of one test. */
export type TestDatabase = { readonly url: string; readonly database: Database };

/** Makes a database with an owner of its own, migrated; both are gone after everything else of the test `t` has been cleaned up. */
export async function testDatabase(t: Cleanup, migrationSets: readonly MigrationSet[] = []): Promise<TestDatabase> {
  const serverUrl = await postgresServer();
  const name = `test_${randomBytes(6).toString("hex")}`;
  await administer(serverUrl, [
    `create role ${name} login password '${name}'`,
    // The other way writes all of it into the log first: three times the work, and what we make nobody recovers.
    `create database ${name} owner ${name} strategy file_copy`,
  ]);
  const url = Object.assign(new URL(serverUrl), { username: name, password: name, pathname: `/${name}` }).href;
  const log = createLog({ service: "test", level: "silent" });
  // However busy the machine is, everybody of a test gets a connection.
  const database = openDatabase({ url, name: "test", log, longestWait: 60_000 });
  const drop = async () => {
    await database.close();
    await administer(serverUrl, [`drop database ${name} with (force)`, `drop role ${name}`]);
  };
  // Hooks run in the order they were given; asked for again from within one, this becomes the last.
  t.after(() => t.after(drop));
  await migrate(database, migrationSets);
  return { url, database };
}

/**
 * The URL of the superuser of a server for tests: the one of TEST_POSTGRES_URL, else one that is started for this process and
 * ends with its tests. What a test makes on it must have a name of its own, and be dropped by the test.
 */
export async function postgresServer(): Promise<string> {
  const shared = process.env["TEST_POSTGRES_URL"];
  if (shared) return shared;
  own ??= startOwnServer();
  return (await own).url;
}

let own: Promise<EmbeddedPostgres> | undefined;

async function startOwnServer(): Promise<EmbeddedPostgres> {
  const server = await startTestServer();
  afterEverything(() => server.stop());
  return server;
}

async function administer(url: string, statements: readonly string[]): Promise<void> {
  const client = new pg.Client(connectionTo(url));
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}
