import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import fc from "fast-check";
import {
  isSerial,
  makeTables,
  programs,
  readWorld,
  resetTables,
  runProgram,
} from "../../testing/engine/serial-programs.fixture.ts";
import { testDatabase } from "../../testing/servers/postgres.ts";
import type { Database, Transaction } from "../database.ts";
import { groupTransactions } from "./group-transactions.ts";

/** The ways in which a use case gets its transaction. */
const ways: Record<
  string,
  (database: Database) => <T>(key: string, work: (tx: Transaction) => Promise<T>) => Promise<T>
> = {
  "database.transaction": (database) => (_, work) => database.transaction(work),
  groupTransactions: (database) => groupTransactions(database),
};

async function counters(t: TestContext) {
  const { database } = await testDatabase(t);
  await database.query("create table counter (id integer primary key, n integer not null)");
  await database.query("insert into counter select id, 0 from generate_series(1, 5) id");
  return database;
}

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);

const nOf = async (tx: Pick<Transaction, "query">, id: number, locked = "") =>
  (await tx.query<{ n: number }>(`select n from counter where id = $1${locked}`, [id]))[0]?.n as number;

for (const [way, make] of Object.entries(ways)) {
  for (const locked of ["", " for update"]) {
    test(`${way}: forty that read a counter${locked} and write it back count to forty`, async (t) => {
      const database = await counters(t);
      const transaction = make(database);
      const count = async (tx: Transaction) => {
        const n = await nOf(tx, 1, locked);
        await tx.query("update counter set n = $1 where id = 1", [n + 1]);
      };
      await Promise.all(upTo(40).map((each) => transaction(`${each}`, count)));
      assert.equal(await nOf(database, 1), 40);
    });
  }

  test(`${way}: what is inserted only when it is not there is there once`, async (t) => {
    const database = await counters(t);
    await database.query("create table claim (name text)");
    const transaction = make(database);
    const claim = async (tx: Transaction) => {
      const there = await tx.query("select 1 from claim where name = 'a'");
      if (there.length === 0) await tx.query("insert into claim values ('a')");
    };
    await Promise.all(upTo(20).map((each) => transaction(`${each}`, claim)));
    assert.equal((await database.query("select 1 from claim")).length, 1);
  });

  test(`${way}: of twenty that count before they insert, five find room for five`, async (t) => {
    const database = await counters(t);
    await database.query("create table seat (taker text)");
    const transaction = make(database);
    const take = (taker: string) => async (tx: Transaction) => {
      const taken = await tx.query("select 1 from seat");
      if (taken.length < 5) await tx.query("insert into seat values ($1)", [taker]);
    };
    await Promise.all(upTo(20).map((each) => transaction(`${each}`, take(`${each}`))));
    assert.equal((await database.query("select 1 from seat")).length, 5);
  });

  test(`${way}: an advisory lock is held by one at a time`, async (t) => {
    const database = await counters(t);
    const transaction = make(database);
    let holders = 0;
    let most = 0;
    const hold = async (tx: Transaction) => {
      await tx.query("select pg_advisory_xact_lock(7)");
      holders += 1;
      most = Math.max(most, holders);
      await tx.query("select pg_sleep(0.002)");
      holders -= 1;
    };
    await Promise.all(upTo(20).map((each) => transaction(`${each}`, hold)));
    assert.equal(most, 1);
  });

  test(`${way}: a setting, a temporary table and a savepoint are one's own`, async (t) => {
    const database = await counters(t);
    await database.query("create table owned (tenant text, number integer)");
    const transaction = make(database);
    const work = (number: number) => async (tx: Transaction) => {
      await tx.query("select set_config('app.tenant', $1, true)", [`tenant ${number}`]);
      await tx.query("create temporary table own on commit drop as select 1 as one");
      await tx.query("savepoint before");
      await tx.query("insert into owned values ('wrong', $1)", [number]);
      if (number % 2 === 0) await tx.query("rollback to savepoint before");
      await tx.query("insert into owned values (current_setting('app.tenant'), $1)", [number]);
      const rows = await tx.query("select 1 from own");
      assert.equal(rows.length, 1);
    };
    await Promise.all(upTo(20).map((each) => transaction(`${each}`, work(each))));
    const right = await database.query("select 1 from owned where tenant = 'tenant ' || number");
    const undone = await database.query("select 1 from owned where tenant = 'wrong' and number % 2 = 0");
    assert.deepEqual([right.length, undone.length], [20, 0]);
  });
}

test("work that catches what it is told when it leaves a group is isolated all the same", async (t) => {
  const database = await counters(t);
  const transaction = groupTransactions(database);
  let runs = 0;
  const stubborn = async (tx: Transaction) => {
    runs += 1;
    try {
      await tx.query("update counter set n = n + 1 where id = 1");
    } catch {
      return "caught";
    }
    return "done";
  };
  assert.equal(await transaction("first", stubborn), "done");
  assert.equal(await nOf(database, 1), 1);
  assert.equal(runs, 2);
  await transaction("later", stubborn);
  assert.equal(runs, 3, "what can't share is not tried again");
});

for (const [way, make] of Object.entries(ways)) {
  test(`${way}: programs that run at the same time leave behind what some order of them would`, async (t) => {
    const { database } = await testDatabase(t);
    await makeTables(database);
    const transaction = make(database);
    const holder = {};
    await fc.assert(
      fc.asyncProperty(programs, async (given) => {
        await resetTables(database);
        await Promise.all(
          given.map((program, index) => transaction(`${index}`, (tx) => runProgram(tx, program, holder))),
        );
        assert.ok(isSerial(given, await readWorld(database)), "no order of them ends like this");
      }),
      { numRuns: 60 },
    );
  });
}

test("work that makes something else of a conflict that it lost is run again like any other", async (t) => {
  const database = await counters(t);
  const count = (what: "swallows" | "throws") => async (tx: Transaction) => {
    const n = await nOf(tx, 1);
    await tx.query("update counter set n = $1 where id = 1", [n + 1]).catch((cause: unknown) => {
      if (what === "throws") throw new Error("could not count", { cause });
    });
  };
  const works = upTo(20).map((each) => count(each % 2 ? "swallows" : "throws"));
  await Promise.all(works.map((work) => database.transaction(work)));
  assert.equal(await nOf(database, 1), 20);
});
