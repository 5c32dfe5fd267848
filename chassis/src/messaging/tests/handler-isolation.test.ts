import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import fc from "fast-check";
import { currentContext } from "../../context/context.ts";
import { systemClock } from "../../core/clock.ts";
import type { Database } from "../../database/database.ts";
import { combinedRead, combinedWrite } from "../../database/transactions/combined.ts";
import {
  isSerial,
  makeTables,
  type Program,
  programs,
  readWorld,
  resetTables,
  runProgram,
} from "../../testing/engine/serial-programs.fixture.ts";
import { eventually } from "../../testing/eventually.ts";
import { testMessage } from "../../testing/suites/broker-under-test.ts";
import { memoryBroker } from "../brokers/memory/memory-broker.ts";
import { startConsumer } from "../consumer/consumer.ts";
import { type Happened, quiet, serviceDatabase, thingHappened } from "../messaging.fixture.ts";
import { type EventHandler, on } from "../messaging.ts";

/** Hands `count` events with as many keys to a consumer at once. */
async function forty(t: TestContext, handle: (database: Database) => Promise<EventHandler<Happened>>) {
  const { database } = await serviceDatabase(t);
  await database.query("create table counter (id integer primary key, n integer not null)");
  await database.query("insert into counter values (1, 0)");
  const broker = memoryBroker();
  const stop = await startConsumer({
    consumer: "reader",
    database,
    broker,
    subscriptions: [on(thingHappened, await handle(database))],
    clock: systemClock,
    log: quiet,
    backoff: { first: 5, most: 10 },
    attempts: 1,
    handlingTime: 5_000,
  });
  t.after(async () => {
    await stop();
    await broker.close();
  });
  const numbers = Array.from({ length: 40 }, (_, number) => number);
  await broker.publish(numbers.map((number) => testMessage({ key: `${number}`, body: { thingId: "a", number } })));
  const handled = (count: number) =>
    eventually(async () => (await database.query("select 1 from inbox")).length === count || undefined);
  return { database, handled };
}

const n = async (database: Database) => (await database.query<{ n: number }>("select n from counter"))[0]?.n;

describe("handlers of events that come together", () => {
  for (const lock of [" for update", ""]) {
    test(`count to forty when each reads a counter${lock} and writes it back`, async (t) => {
      const { database, handled } = await forty(t, async () => async (_, tx) => {
        const [row] = await tx.query<{ n: number }>(`select n from counter where id = 1${lock}`);
        await tx.query("update counter set n = $1 where id = 1", [(row?.n ?? 0) + 1]);
      });
      await handled(40);
      assert.equal(await n(database), 40);
    });
  }

  test("count to forty when they lock and write the counter by combined statements", async (t) => {
    const lockCounter = combinedRead<number, number>(async (tx, ids) => {
      const rows = await tx.query<{ id: number; n: number }>(
        "select id, n from counter where id = any ($1) for update",
        [ids],
      );
      return ids.map((id) => rows.find((row) => row.id === id)?.n ?? 0);
    });
    const saveCounter = combinedWrite<{ id: number; n: number }, void>(async (tx, counters) => {
      for (const { id, n } of counters) await tx.query("update counter set n = $1 where id = $2", [n, id]);
      return counters.map(() => undefined);
    });
    const { database, handled } = await forty(t, async () => async (_, tx) => {
      await saveCounter(tx, { id: 1, n: (await lockCounter(tx, 1)) + 1 });
    });
    await handled(40);
    assert.equal(await n(database), 40);
  });

  test("have all their effects and nothing else when every other one rolls back to a savepoint", async (t) => {
    const { database, handled } = await forty(t, async () => async ({ number }, tx) => {
      await tx.query("insert into effect (thing_id, number) values ('kept', $1)", [number]);
      await tx.query("savepoint before");
      await tx.query("insert into effect (thing_id, number) values ('undone', $1)", [number]);
      if (number % 2 === 0) await tx.query("rollback to savepoint before");
    });
    await handled(40);
    const effects = await database.query<{ thing: string; count: number }>(
      "select thing_id as thing, count(*) as count from effect group by 1 order by 1",
    );
    assert.deepEqual(effects, [
      { thing: "kept", count: 40 },
      { thing: "undone", count: 20 },
    ]);
  });
});

describe("handlers beside one that never returns", () => {
  for (const hangs of ["before its first statement", "after a statement of its own", "after a combined statement"]) {
    test(`go on (it hangs ${hangs})`, async (t) => {
      const add = combinedWrite<number, void>(async (tx, numbers) => {
        await tx.query("insert into effect (thing_id, number) select 'a', unnest($1::int[])", [numbers]);
        return numbers.map(() => undefined);
      });
      let isBrokenOff = false;
      const hang = () => {
        currentContext()?.cancellation?.listen(() => {
          isBrokenOff = true;
        });
        return new Promise<void>(() => {});
      };
      const { handled } = await forty(t, async () => async ({ number }, tx) => {
        if (number === 7 && hangs === "before its first statement") await hang();
        if (hangs === "after a statement of its own") await tx.query("select 1");
        else await add(tx, number);
        if (number === 7) await hang();
      });
      await handled(39);
      assert.equal(isBrokenOff, false, "they do not wait until the time of the one that hangs is over");
    });
  }
});

describe("handlers beside many that hang in a statement", () => {
  test("go on before the time of those is over", async (t) => {
    let isBrokenOff = false;
    const { database } = await forty(t, async () => async ({ number }, tx) => {
      currentContext()?.cancellation?.listen(() => {
        isBrokenOff = true;
      });
      if (number < 6) await tx.query("select pg_sleep(60)");
      else await tx.query("insert into effect (thing_id, number) values ('a', $1)", [number]);
    });
    await eventually(async () => (await database.query("select 1 from effect")).length === 34);
    assert.equal(isBrokenOff, false);
  });
});

describe("handlers that run at the same time", () => {
  test("leave behind what some order of them would, whatever they read and write", async (t) => {
    const { database } = await serviceDatabase(t);
    await makeTables(database);
    const broker = memoryBroker();
    let given: readonly Program[] = [];
    const holder = {};
    const stop = await startConsumer({
      consumer: "reader",
      database,
      broker,
      subscriptions: [on(thingHappened, ({ number }, tx) => runProgram(tx, given[number] as Program, holder))],
      clock: systemClock,
      log: quiet,
    });
    t.after(async () => {
      await stop();
      await broker.close();
    });
    await fc.assert(
      fc.asyncProperty(programs, async (programs) => {
        given = programs;
        await resetTables(database);
        const ids = programs.map((_, number) => testMessage({ key: `${number}`, body: { thingId: "a", number } }));
        await broker.publish(ids);
        const handled = () =>
          database.query("select 1 from inbox where message_id = any ($1)", [ids.map(({ id }) => id)]);
        await eventually(async () => (await handled()).length === ids.length || undefined);
        assert.ok(isSerial(programs, await readWorld(database)), "no order of them ends like this");
      }),
      { numRuns: 60 },
    );
  });
});
