import assert from "node:assert/strict";
import { test } from "node:test";
import { type Clock, systemClock } from "../../core/clock.ts";
import { unavailable } from "../../core/failure/failure.ts";
import type { Database } from "../../database/database.ts";
import { eventually } from "../../testing/eventually.ts";
import { saga } from "../definition/saga.ts";
import { effects, note, Order, replica, sagaDatabase, untilEnded } from "../tests/sagas-under-test.fixture.ts";

const MINUTE = 60_000;

/** What asks for a charge, either as the first step or after another. */
const sale = (first: boolean, charge: () => Promise<void>) => {
  const empty = saga("sell", Order);
  const begun = first ? empty : empty.step("reserve", { do: async () => {}, undo: async () => {} });
  return begun
    .step("charge", {
      do: charge,
      undo: async () => {},
      deadline: 10 * MINUTE,
      retry: { outage: { first: 1, most: 1 } },
    })
    .pivot("confirm", { within: (tx, { orderId }) => note(tx, `confirmed ${orderId}`) })
    .fails((tx, { orderId }, reason) => note(tx, `rejected ${orderId}: ${reason}`));
};

/** Its clock shows another time, and stands still: it renews no lease, and is as good as dead once it asks for something. */
const dead: Clock = {
  ...systemClock,
  now: () => new Date(0),
  sleep: (_milliseconds, signal) => systemClock.sleep(1_000 * MINUTE, signal),
};
/** Its clock shows a time of its own, too. */
const heirs: Clock = { ...systemClock, monotonic: () => systemClock.monotonic() + 600 * MINUTE };

/** Lets time pass for everything that the database has a time of. */
const pass = (database: Database, milliseconds: number) =>
  database.query(
    `update saga set due_at = due_at - $1 * interval '1 millisecond',
       step_deadline = step_deadline - $1 * interval '1 millisecond'`,
    [milliseconds],
  );

for (const [where, isFirst] of [
  ["that a saga begins with", true],
  ["that follows another", false],
] as const) {
  test(`a crash during the first attempt at a step ${where} gives it no time anew: the database's clock goes on`, async (t) => {
    const { database } = await sagaDatabase(t);
    let asked = 0;
    const hangs = sale(isFirst, () => {
      asked += 1;
      return new Promise(() => {});
    });
    const crashed = replica(t, database, "dead", [hangs], { clock: dead });
    crashed.begin();
    await crashed.start(hangs, "7");
    await eventually(() => asked === 1);

    await pass(database, 9 * MINUTE);
    const silent = sale(isFirst, async () => {
      asked += 1;
      throw unavailable.failure();
    });
    replica(t, database, "heir", [silent], { clock: heirs }).begin();
    await eventually(() => asked > 3);
    const [row] = await database.query<{ left: number }>(
      "select extract(epoch from step_deadline - clock_timestamp())::float8 * 1000 as left from saga",
    );
    assert.ok(row && row.left > 0 && row.left <= MINUTE, `${row?.left} ms are left of the last minute`);

    await database.query("update saga set owner = null, due_at = clock_timestamp()");
    await pass(database, MINUTE);
    await untilEnded(database, 1);
    assert.deepEqual(await effects(database), ["rejected 7: unavailable"]);
  });
}
