import { deepEqual, equal, rejects } from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import type { Database } from "../../database/database.ts";
import { combinedWrite } from "../../database/transactions/combined.ts";
import { testMessage } from "../../testing/suites/broker-under-test.ts";
import type { Message } from "../message.ts";
import { effects, serviceDatabase } from "../messaging.fixture.ts";
import type { EventHandler } from "../messaging.ts";
import { applyTogether } from "./apply-together.ts";

/** Counts the transactions that were begun. */
async function world(t: TestContext, fails: (number: number) => boolean = () => false) {
  const { database } = await serviceDatabase(t);
  let transactions = 0;
  const counted: Database = {
    ...database,
    transaction: (work, options) => {
      transactions += 1;
      return database.transaction(work, options);
    },
  };
  const apply = applyTogether(counted, "reader");
  const add = combinedWrite<number, void>(async (tx, numbers) => {
    await tx.query("insert into effect (thing_id, number) select 'a', unnest($1::int[])", [numbers]);
    return numbers.map(() => undefined);
  });
  const handle: EventHandler<unknown> = async (body, tx) => {
    const { number } = body as { number: number };
    await add(tx, number);
    if (fails(number)) throw new Error(`${number} fails`);
  };
  return {
    database,
    applyAll: (messages: readonly Message[], handler = handle) =>
      Promise.allSettled(messages.map((message) => apply(message, { body: message.body, handle: handler }))),
    transactions: () => transactions,
  };
}

const messages = (count: number) => Array.from({ length: count }, (_, number) => testMessage({ body: { number } }));
const applied = async (database: Database) =>
  (await effects(database)).map(({ number }) => number).sort((a, b) => a - b);
const outcomes = (settled: readonly PromiseSettledResult<unknown>[]) =>
  settled.flatMap(({ status }, index) => (status === "rejected" ? [index] : []));

describe("messages that come together", () => {
  it("are applied in few transactions when their statements are combined ones", async (t) => {
    const { database, applyAll, transactions } = await world(t);
    deepEqual(outcomes(await applyAll(messages(100))), []);
    equal((await applied(database)).length, 100);
    equal(transactions() <= 4, true);
  });

  for (const failing of [[3], [0, 9], [1, 2, 3, 4, 5, 6]]) {
    it(`keep their own success when ${failing.length} of ten fail, which leave no trace`, async (t) => {
      const { database, applyAll } = await world(t, (number) => failing.includes(number));
      const ten = messages(10);
      const settled = await applyAll(ten);
      deepEqual(outcomes(settled), failing);
      await rejects(Promise.reject((settled[failing[0] as number] as PromiseRejectedResult).reason), /fails/);
      deepEqual(
        await applied(database),
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].filter((number) => !failing.includes(number)),
      );
      const inbox = await database.query<{ id: string }>("select message_id as id from inbox");
      equal(inbox.length, 10 - failing.length);
    });
  }

  it("keep their own success when what they write is one statement that the database refuses", async (t) => {
    const { database, applyAll } = await world(t);
    await database.query("create table once (number integer primary key)");
    await database.query("insert into once values (2)");
    const add = combinedWrite<number, void>(async (tx, numbers) => {
      await tx.query("insert into once select unnest($1::int[])", [numbers]);
      return numbers.map(() => undefined);
    });
    const settled = await applyAll(messages(5), (body, tx) => add(tx, (body as { number: number }).number));
    deepEqual(outcomes(settled), [2]);
    deepEqual(
      (await database.query("select number from once order by 1")).map(({ number }) => number),
      [0, 1, 2, 3, 4],
    );
  });

  it("have one effect when two of them have one id, or come again", async (t) => {
    const { database, applyAll } = await world(t);
    const [one, other] = messages(2) as [Message, Message];
    await applyAll([one, other, { ...one, key: "another key" }]);
    await applyAll([other, one]);
    deepEqual(await applied(database), [0, 1]);
  });
});
