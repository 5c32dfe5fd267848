import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { createLog } from "../../telemetry/log.ts";
import { type FaultProxy, faultProxy } from "../../testing/fault-proxy/fault-proxy.ts";
import { testDatabase } from "../../testing/servers/postgres.ts";
import { openDatabase } from "../database.ts";

const log = createLog({ service: "test", level: "silent" });

/** A database behind a network, with three connections that are open and idle. No statement is ended for taking long. */
async function behindNetwork(t: TestContext) {
  const { url } = await testDatabase(t);
  const { port } = new URL(url);
  const proxy = await faultProxy(t, { port: Number(port) });
  const throughProxy = new URL(url);
  throughProxy.hostname = "127.0.0.1";
  throughProxy.port = String(proxy.port);
  const database = openDatabase({ url: throughProxy.href, name: "test", log, statementTimeout: 600_000 });
  t.after(() => database.close());
  await Promise.all([1, 2, 3].map(() => database.query("select pg_sleep(0.1)")));
  assert.equal(proxy.connections(), 3);
  return { database, proxy };
}

const losses: Record<string, (proxy: FaultProxy) => number> = {
  "the server is gone": (proxy) => proxy.halfOpen("server"),
  "a firewall has forgotten the connection": (proxy) => proxy.forget(),
};

for (const [why, lose] of Object.entries(losses)) {
  test(`a statement that nobody will answer fails soon, and no other one meets the same fate: ${why}`, async (t) => {
    const { database, proxy } = await behindNetwork(t);
    assert.equal(lose(proxy), 3);
    await assert.rejects(database.query("select 1"), { code: "unavailable" });
    const answers = await Promise.all([1, 2, 3].map((number) => database.query("select $1::int as it", [number])));
    assert.deepEqual(answers.flat(), [{ it: 1 }, { it: 2 }, { it: 3 }]);
  });
}

test("so does a transaction, wherever in it the other side is lost", async (t) => {
  const { database, proxy } = await behindNetwork(t);
  const working = database.transaction(async (tx) => {
    await tx.query("select 1");
    proxy.forget();
    await tx.query("select 2");
  });
  await assert.rejects(working, { code: "unavailable" });
  assert.deepEqual(await database.transaction((tx) => tx.query("select 3 as it")), [{ it: 3 }]);
});

test("a statement that the server works on is waited for, however long it waits for a lock", async (t) => {
  const { database } = await behindNetwork(t);
  await database.query("create table door (open bool)");
  const locked = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  const holder = database.transaction(async (tx) => {
    await tx.query("lock table door");
    locked.resolve();
    // Long enough to be asked about several times; this connection waits for no statement meanwhile.
    await goOn.promise;
  });
  await locked.promise;
  const waiting = database.query("insert into door values (true) returning open");
  await database.query("select pg_sleep(2)");
  goOn.resolve();
  await holder;
  assert.deepEqual(await waiting, [{ open: true }]);
});
