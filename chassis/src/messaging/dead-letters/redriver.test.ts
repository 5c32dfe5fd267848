import { deepEqual, equal, match } from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import fc from "fast-check";
import { systemClock } from "../../core/clock.ts";
import { unavailable } from "../../core/failure/failure.ts";
import type { Database, Transaction } from "../../database/database.ts";
import { eventually } from "../../testing/eventually.ts";
import { testMessage } from "../../testing/suites/broker-under-test.ts";
import { effects, type Happened, quiet, serviceDatabase, thingHappened } from "../messaging.fixture.ts";
import { type EventHandler, on } from "../messaging.ts";
import { park } from "./dead-letter.ts";
import { operateDeadLetters } from "./operate-dead-letters.ts";
import { type RedriverOptions, startRedriver } from "./redriver.ts";

const decision = { by: "admin", reason: "a test" };

/** A service with parked letters, one of each number, and its operations. */
async function world(t: TestContext, keys: readonly string[]) {
  const { database } = await serviceDatabase(t);
  for (const [number, thingId] of keys.entries()) {
    const message = testMessage({ key: thingId, body: { thingId, number } });
    await park(database, "reader", { message, attempt: 1 }, new Error("parked"));
  }
  const operations = operateDeadLetters({ database, subscriptions: [], onChange() {} });
  const all = await operations.list({ limit: 100 });
  return { database, operations, ids: all.items.map(({ id }) => id).sort() };
}

function redriving(
  t: TestContext,
  database: Database,
  handle: EventHandler<Happened>,
  options?: Partial<RedriverOptions>,
) {
  const subscriptions = [on(thingHappened, handle)];
  const around = { consumer: "reader", clock: systemClock, log: quiet, interval: 20 };
  const redriver = startRedriver({ ...around, database, subscriptions, ...options });
  t.after(() => redriver.stop());
  return redriver;
}

const write: EventHandler<Happened> = async ({ thingId, number }, tx) => {
  await tx.query("insert into effect (thing_id, number) values ($1, $2)", [thingId, number]);
};

const numbersOf = async (database: Database) => (await effects(database)).map(({ number }) => number);

describe("a redriven letter that stands", () => {
  it("lets others go on within two seconds when it hangs or something is not available for it, and can be discarded", async (t) => {
    const { database, operations, ids } = await world(t, ["hangs", "down", "hangs", "a", "b", "c", "a"]);
    const go = Promise.withResolvers<void>();
    redriving(t, database, async (body, tx, message) => {
      if (body.thingId === "down") throw unavailable.failure({ cause: new Error("connect ECONNREFUSED") });
      if (body.thingId === "hangs") await go.promise;
      await write(body, tx, message);
    });
    await operations.redrive({}, 1_000, decision);
    const begin = performance.now();
    await eventually(async () => (await numbersOf(database)).length === 4);
    const took = performance.now() - begin;
    equal(took < 2_000, true, `it took ${took} ms`);
    await eventually(async () => (await operations.show(ids[1] as string)).state === "parked");
    match((await operations.show(ids[1] as string)).cause, /^unavailable/);
    equal(await operations.discard({ ids: [ids[0] as string, ids[2] as string] }, decision), 2);
    go.resolve();
    await systemClock.sleep(100);
    deepEqual((await numbersOf(database)).sort(), [3, 4, 5, 6]);
    equal((await operations.show(ids[0] as string)).state, "discarded");
  });

  it("is parked again when it takes too long", async (t) => {
    const { database, operations, ids } = await world(t, ["a", "a"]);
    redriving(
      t,
      database,
      async (body, tx, message) => {
        if (body.number === 0) await new Promise(() => {});
        await write(body, tx, message);
      },
      { handlingTime: 200 },
    );
    await operations.redrive({}, 1_000, decision);
    await eventually(async () => (await numbersOf(database)).length === 1);
    match((await operations.show(ids[0] as string)).cause, /deadline_exceeded/);
  });
});

const WAITING = `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;

type Act = { readonly what: "redrive" | "discard" | "edit"; readonly which: readonly number[]; readonly pause: number };

/** How often the handling of each letter fails. */
const failures = fc.array(fc.nat(2), { minLength: 20, maxLength: 20 });

const act: fc.Arbitrary<Act> = fc.record({
  what: fc.constantFrom("redrive", "redrive", "redrive", "discard", "edit"),
  which: fc.uniqueArray(fc.nat(19), { minLength: 1 }),
  pause: fc.nat(3),
});
const histories = fc.array(fc.array(act, { maxLength: 8 }), { minLength: 3, maxLength: 4 });

describe("operators who do things at the same time, with several replicas that redrive", () => {
  for (const what of ["redrive", "discard"] as const) {
    it(`take letters in one order, wherever they lie, so that none waits in a circle: ${what}`, async (t) => {
      const { database, operations, ids } = await world(t, ["a", "b"]);
      const [first, last] = ids as [string, string];
      // The first now lies behind the last.
      await operations.edit(first, { body: { thingId: "a", number: 0 } }, decision);
      let acting: Promise<unknown> | undefined;
      const hold = async (tx: Transaction) => {
        await tx.query("select 1 from dead_letter where id = $1 for update", [first]);
        acting = what === "redrive" ? operations.redrive({}, 1, decision) : operations.discard({}, decision);
        await eventually(async () => (await database.query(WAITING)).length === 1);
        return tx.query("select 1 from dead_letter where id = $1 for update skip locked", [last]);
      };
      const free = await database.transaction(hold, { isolation: "read committed" });
      equal(free.length, 1, "the last is locked by the one that waits for the first");
      equal(await acting, 2);
    });
  }

  it("never make a letter have its effect twice, nor one that was discarded have any", async (t) => {
    await fc.assert(
      fc.asyncProperty(histories, failures, async (operators, failing) => {
        const keys = Array.from({ length: 20 }, (_, number) => "abcdef"[number % 6] as string);
        const { database, operations, ids } = await world(t, keys);
        const left = [...failing];
        const fallible: EventHandler<Happened> = async (body, tx, message) => {
          await write(body, tx, message);
          if ((left[body.number] as number)-- > 0) throw new Error("fails after its effect");
        };
        const replicas = [1, 2, 3].map(() => redriving(t, database, fallible));
        const perform = async ({ what, which, pause }: Act) => {
          const chosen = { ids: which.map((index) => ids[index] as string) };
          if (what === "redrive") await operations.redrive(chosen, 1_000, decision);
          else if (what === "discard") await operations.discard(chosen, decision);
          else {
            const number = which[0] as number;
            const body = { thingId: keys[number], number };
            await operations.edit(ids[number] as string, { body }, decision).catch(() => {});
          }
          await systemClock.sleep(pause);
        };
        await Promise.all(
          operators.map(async (acts) => {
            for (const each of acts) await perform(each);
          }),
        );
        const stateOf = async () => (await operations.list({ limit: 100 })).items;
        await eventually(async () => {
          await operations.redrive({}, 1_000, decision);
          return (await stateOf()).every(({ state }) => state === "redriven" || state === "discarded");
        });
        await Promise.all(replicas.map((each) => each.stop()));
        const redriven = (await stateOf()).filter(({ state }) => state === "redriven").map(({ id }) => ids.indexOf(id));
        deepEqual(
          (await numbersOf(database)).sort((a, b) => a - b),
          redriven.sort((a, b) => a - b),
        );
      }),
      { numRuns: Number(process.env["MODEL_RUNS"] ?? 3), endOnFailure: true },
    );
  });
});
