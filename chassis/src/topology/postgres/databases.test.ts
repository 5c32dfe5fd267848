import assert from "node:assert/strict";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import pg from "pg";
import type { Cleanup } from "../../testing/servers/postgres.ts";
import { startTestServer } from "../../testing/servers/postgres-server.ts";
import { temporaryFolder } from "../../testing/temporary-folder.ts";
import { prepareDatabases } from "./databases.ts";

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

/** A server of its own, since the names of the databases are always the same. */
async function prepared(t: Cleanup) {
  const server = await startTestServer();
  t.after(() => server.stop());
  const passwordsFile = join(await temporaryFolder(t), "passwords.json");
  const prepare = (adminUrl = server.url) =>
    prepareDatabases({ adminUrl, passwordsFile, services: ["orders", "users"] });
  return { server, passwordsFile, prepare, databases: await prepare() };
}

test("each service owns a database, which no other service can connect to", async (t) => {
  const { databases, passwordsFile } = await prepared(t);
  assert.equal((await stat(passwordsFile)).mode & 0o777, 0o600);
  const orders = databases.databaseUrl("orders");
  await query(orders, "create table own as select 1 as number");
  assert.deepEqual(await query(orders, "select * from own"), [{ number: 1 }]);
  const intruder = Object.assign(new URL(databases.databaseUrl("users")), { pathname: "/flotilla_orders" }).href;
  await assert.rejects(query(intruder, "select 1"), /permission denied for database "flotilla_orders"/);
});

test("services may connect to the broker's database, and do nothing there that its owner did not allow", async (t) => {
  const { databases } = await prepared(t);
  const schema = "create table box (id bigint generated always as identity, word text)";
  await query(databases.brokerOwnerUrl, schema);
  await query(databases.brokerOwnerUrl, `grant select on box to ${databases.roleOf("users")}`);
  assert.deepEqual(await query(databases.brokerUrl("users"), "select word from box"), []);
  for (const forbidden of ["insert into box default values", "drop table box", "create table mine ()", "truncate box"])
    await assert.rejects(query(databases.brokerUrl("users"), forbidden), { code: "42501" });
});

test("what is there already is kept, also by an administrator who is no superuser", async (t) => {
  const { databases, prepare, server } = await prepared(t);
  await query(databases.databaseUrl("orders"), "create table own as select 1 as number");
  const again = await prepare();
  assert.equal(again.databaseUrl("orders"), databases.databaseUrl("orders"));
  assert.deepEqual(await query(again.databaseUrl("orders"), "select * from own"), [{ number: 1 }]);
  assert.equal(again.isolated, true);
  await query(server.url, "drop database flotilla_users");
});

for (const [rights, isolated] of [
  ["createdb createrole", true],
  ["createdb", false],
] as const) {
  test(`an administrator with no more rights than ${rights} can prepare a server`, async (t) => {
    const server = await startTestServer();
    t.after(() => server.stop());
    await query(server.url, `create role chief login password 'chief' ${rights}`);
    const adminUrl = Object.assign(new URL(server.url), { username: "chief", password: "chief" }).href;
    const passwordsFile = join(await temporaryFolder(t), "passwords.json");
    for (const _ of ["first start", "second start"]) {
      const databases = await prepareDatabases({ adminUrl, passwordsFile, services: ["orders", "users"] });
      assert.equal(databases.isolated, isolated);
      await query(databases.databaseUrl("orders"), "create table if not exists own ()");
      await query(databases.brokerOwnerUrl, "create table if not exists box ()");
      await query(databases.brokerUrl("users"), "select 1");
    }
  });
}
