import assert from "node:assert/strict";
import { type AddressInfo, createServer } from "node:net";
import { test } from "node:test";
import { unavailable } from "../core/failure/failure.ts";
import { createLog } from "../telemetry/log.ts";
import { testDatabase } from "../testing/servers/postgres.ts";
import { openDatabase, type Transaction } from "./database.ts";
import { isUniqueViolation } from "./postgres-error.ts";

const log = createLog({ service: "test", level: "silent" });

test("a transaction's changes are all there, or none", async (t) => {
  const { database } = await testDatabase(t);
  await database.query("create table note (text text primary key)");
  await database.transaction((tx) => tx.query("insert into note values ($1)", ["kept"]));
  const failing = database.transaction(async (tx) => {
    await tx.query("insert into note values ($1)", ["lost"]);
    throw new Error("changed my mind");
  });
  await assert.rejects(failing, /changed my mind/);
  assert.deepEqual(await database.query("select text from note"), [{ text: "kept" }]);
});

test("work that goes on after one of its statements failed is rolled back, and is told", async (t) => {
  const { database } = await testDatabase(t);
  await database.query("create table note (text text primary key)");
  let committed = false;
  const careless = database.transaction(async (tx) => {
    tx.afterCommit(() => {
      committed = true;
    });
    await tx.query("insert into note values ($1)", ["lost"]);
    await tx.query("select nonsense").catch(() => {});
  });
  await assert.rejects(careless, /went on regardless/);
  assert.deepEqual([await database.query("select text from note"), committed], [[], false]);
});

test("what is to follow a commit follows it, and never a rollback", async (t) => {
  const { database } = await testDatabase(t);
  const seen: string[] = [];
  await database.transaction(async (tx) => tx.afterCommit(() => seen.push("committed")));
  const failing = database.transaction(async (tx) => {
    tx.afterCommit(() => seen.push("rolled back"));
    throw new Error("no");
  });
  await assert.rejects(failing);
  assert.deepEqual(seen, ["committed"]);
});

test("work that lost a conflict is run again", async (t) => {
  const { database } = await testDatabase(t);
  await database.query("create table counter as select 0 as value");
  const both = Promise.withResolvers<void>();
  let attempts = 0;
  const increment = (tx: Transaction) =>
    tx
      .query("set transaction isolation level serializable")
      .then(() => tx.query<{ value: number }>("select value from counter"))
      .then(async ([row]) => {
        if (++attempts === 2) both.resolve();
        await both.promise;
        await tx.query("update counter set value = $1", [(row?.value ?? 0) + 1]);
      });
  await Promise.all([database.transaction(increment), database.transaction(increment)]);
  assert.deepEqual(await database.query("select value from counter"), [{ value: 2 }]);
  assert.equal(attempts, 3);
});

test("bigints are numbers, and too big ones an error", async (t) => {
  const { database } = await testDatabase(t);
  assert.deepEqual(await database.query("select 9007199254740991::bigint as n"), [{ n: Number.MAX_SAFE_INTEGER }]);
  await assert.rejects(database.query("select 9007199254740993::bigint as n"), /more than a number can hold/);
});

test("a unique violation is told apart from other errors", async (t) => {
  const { database } = await testDatabase(t);
  await database.query("create table account (email text constraint one_account unique)");
  const insert = () => database.query("insert into account values ($1)", ["a@b.c"]);
  await insert();
  await assert.rejects(
    insert,
    (error) => isUniqueViolation(error, "one_account") && !isUniqueViolation(error, "other"),
  );
});

test("a lost connection is an outage for its transaction and none for the next", async (t) => {
  const { database } = await testDatabase(t);
  const killed = database.transaction(async (tx) => {
    await database.query("select pg_terminate_backend($1)", [
      (await tx.query<{ pid: number }>("select pg_backend_pid() as pid"))[0]?.pid,
    ]);
    await tx.query("select 1");
  });
  await assert.rejects(killed, (error) => unavailable.is(error));
  assert.deepEqual(await database.query("select 1 as one"), [{ one: 1 }]);
});

test("a server that falls silent is an outage", async (t) => {
  const silent = createServer(() => {});
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  t.after(() => silent.close());
  const { port } = silent.address() as AddressInfo;
  const database = openDatabase({ url: `postgres://nobody@127.0.0.1:${port}/none`, name: "test", log });
  t.after(() => database.close());
  await assert.rejects(database.query("select 1"), (error) => unavailable.is(error));
});

test("a server that is away, a pool that is empty and a statement that takes too long are outages", async (t) => {
  const { url } = await testDatabase(t);
  const away = openDatabase({ url: "postgres://nobody@127.0.0.1:1/none", name: "test", log });
  await assert.rejects(away.query("select 1"), (error) => unavailable.is(error));
  const narrow = openDatabase({ url, name: "test", log, connections: 1, statementTimeout: 100 });
  t.after(() => Promise.all([away.close(), narrow.close()]));
  await assert.rejects(narrow.query("select pg_sleep(10)"), (error) => unavailable.is(error));
  await narrow.transaction(async () => {
    await assert.rejects(narrow.query("select 1"), (error) => unavailable.is(error));
  });
});
