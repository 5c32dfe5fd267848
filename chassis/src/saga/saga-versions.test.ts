import assert from "node:assert/strict";
import { test } from "node:test";
import { decidedSaga } from "./saga.ts";
import { Order, replica, sagaDatabase, untilEnded } from "./sagas-under-test.fixture.ts";

test("old versions run on beside new ones, each instance on the version it began with", async (t) => {
  const { database } = await sagaDatabase(t);
  const done: string[] = [];
  const version = (number: number) =>
    decidedSaga("sell", Order, { version: number })
      .step("bill", { do: async ({ orderId }) => void done.push(`${orderId} on ${number}`) })
      .ends();
  const [first, second] = [version(1), version(2)];
  const one = replica(t, database, "one", [second, first]);
  await one.start(first, "a");
  await one.start(second, "b");
  one.begin();
  await untilEnded(database, 2);
  assert.deepEqual(done.toSorted(), ["a on 1", "b on 2"]);
});
