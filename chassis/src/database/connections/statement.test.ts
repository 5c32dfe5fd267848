import assert from "node:assert/strict";
import { connect, createServer } from "node:net";
import { type TestContext, test } from "node:test";
import { newContext, runInContext } from "../../context/context.ts";
import { Cancellation } from "../../core/cancellation.ts";
import { deadlineExceeded, unavailable } from "../../core/failure/failure.ts";
import { createLog } from "../../telemetry/log.ts";
import { eventually } from "../../testing/eventually.ts";
import { testDatabase } from "../../testing/servers/postgres.ts";
import { openDatabase } from "../database.ts";
import { groupCommit } from "../transactions/group-commit.ts";

const log = createLog({ service: "test", level: "silent" });

/** Work whose time is over when the test says so. */
function hurried() {
  const over = new Cancellation();
  return {
    does: <T>(work: () => Promise<T>) => runInContext({ ...newContext(), cancellation: over }, work),
    end: () => over.cancel(deadlineExceeded.failure()),
  };
}

async function oneConnection(t: TestContext) {
  const { url, database: witness } = await testDatabase(t);
  const database = openDatabase({ url, name: "narrow", log, connections: 1 });
  t.after(() => database.close());
  await database.query("create table note (text text primary key)");
  const running = () =>
    witness.query("select query from pg_stat_activity where application_name = 'narrow' and state = 'active'");
  const pid = async () => (await database.query<{ pid: number }>("select pg_backend_pid() as pid"))[0]?.pid;
  return { url, database, witness, running, pid };
}

test("work that is over begins no statement, and gets no connection", async (t) => {
  const { database } = await oneConnection(t);
  const late = { ...newContext(), deadline: performance.now() - 1 };
  const insert = () => database.query("insert into note values ('late')");
  await assert.rejects(runInContext(late, insert), deadlineExceeded.is);
  await assert.rejects(
    runInContext(late, () => database.transaction(async (tx) => tx.query("insert into note values ('late')"))),
    deadlineExceeded.is,
  );
  assert.deepEqual(await database.query("select * from note"), []);
});

test("a statement whose work is over is cancelled on the server, and its connection is used again", async (t) => {
  const { database, running, pid } = await oneConnection(t);
  const before = await pid();
  const { does, end } = hurried();
  const slept = does(() => database.query("select pg_sleep(60)"));
  slept.catch(() => {});
  await eventually(async () => (await running()).length === 1);
  end();
  await assert.rejects(slept, deadlineExceeded.is);
  assert.deepEqual(await running(), []);
  assert.equal(await pid(), before);
});

test("a transaction whose work is over before its commit leaves nothing", async (t) => {
  const { database } = await oneConnection(t);
  const { does, end } = hurried();
  const written = does(() =>
    database.transaction(async (tx) => {
      await tx.query("insert into note values ('late')");
      end();
    }),
  );
  await assert.rejects(written, deadlineExceeded.is);
  assert.deepEqual(await database.query("select * from note"), []);
});

test("whoever is over while waiting for a connection leaves the line, and lets the others in", async (t) => {
  const { database } = await oneConnection(t);
  const { does, end } = hurried();
  const held = Promise.withResolvers<void>();
  const holding = database.transaction(() => held.promise);
  const late = does(() => database.query("insert into note values ('late')"));
  const patient = database.query("insert into note values ('patient')");
  end();
  await assert.rejects(late, deadlineExceeded.is);
  held.resolve();
  await Promise.all([holding, patient]);
  assert.deepEqual(await database.query("select text from note"), [{ text: "patient" }]);
});

test("with all connections taken the others are refused within a second, the server still answers, and then all goes on", async (t) => {
  const { database } = await oneConnection(t);
  const held = Promise.withResolvers<void>();
  const holding = database.transaction(() => held.promise);
  const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => database.query("select 1")));
  for (const outcome of outcomes) {
    assert.ok(outcome.status === "rejected" && unavailable.is(outcome.reason) && outcome.reason.retryAfter === 1);
  }
  assert.equal(await database.answers(), true);
  held.resolve();
  await holding;
  assert.deepEqual(await database.query("select 1 as one"), [{ one: 1 }]);
});

/** Passes one connection on to the server, and refuses others: a cancel request never arrives. */
async function oneWay(t: TestContext, url: string): Promise<string> {
  const { hostname, port } = new URL(url);
  let passed = 0;
  const proxy = createServer((socket) => {
    passed += 1;
    if (passed === 2) return socket.destroy();
    const server = connect(Number(port), hostname);
    socket.pipe(server).pipe(socket);
    for (const end of [socket, server])
      end.on("error", () => {}).on("close", () => [socket, server].map((s) => s.destroy()));
    return undefined;
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  t.after(() => proxy.close());
  return Object.assign(new URL(url), { port: String((proxy.address() as { port: number }).port) }).href;
}

test("a connection whose statement can't be cancelled is given up, and another takes its place", async (t) => {
  const { url } = await testDatabase(t);
  const database = openDatabase({ url: await oneWay(t, url), name: "far", log, connections: 1 });
  t.after(() => database.close());
  await database.query("select 1");
  const { does, end } = hurried();
  const slept = does(() => database.query("select pg_sleep(60)"));
  setImmediate(end);
  await assert.rejects(slept, deadlineExceeded.is);
  assert.deepEqual(await database.query("select 1 as one"), [{ one: 1 }]);
});

test("what shares a commit has nobody's deadline, and leaves out those whose work is over", async (t) => {
  const { database, witness } = await oneConnection(t);
  const held = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  const batches: string[][] = [];
  const write = groupCommit<string, void>({
    lanes: 1,
    write: (texts) =>
      database.transaction(async (tx) => {
        batches.push([...texts]);
        await tx.query("insert into note select * from unnest($1::text[])", [texts]);
        begun.resolve();
        await held.promise;
        return texts.map(() => undefined);
      }),
  });
  const first = hurried();
  const second = hurried();
  const written = first.does(() => write("first"));
  await begun.promise;
  const late = second.does(() => write("late"));
  const patient = write("patient");
  first.end();
  second.end();
  held.resolve();
  await Promise.all([written, patient, assert.rejects(late, deadlineExceeded.is)]);
  assert.deepEqual(batches, [["first"], ["patient"]]);
  assert.equal((await witness.query("select * from note")).length, 2);
});

test("work in a transaction that does not return though its time is over loses its connection, and can't use it later", async (t) => {
  const { database } = await oneConnection(t);
  const { does, end } = hurried();
  const goOn = Promise.withResolvers<void>();
  const late = Promise.withResolvers<unknown>();
  const hung = does(() =>
    database.transaction(async (tx) => {
      await tx.query("insert into note values ('hung')");
      end();
      await goOn.promise;
      await tx.query("insert into note values ('later')").then(late.resolve, late.resolve);
    }),
  );
  await assert.rejects(hung, deadlineExceeded.is);
  goOn.resolve();
  assert.match(String(await late.promise), /the transaction has ended/);
  assert.deepEqual(await database.query("select * from note"), []);
});
