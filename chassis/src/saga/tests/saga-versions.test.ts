import assert from "node:assert/strict";
import { test } from "node:test";
import { Type } from "typebox";
import { decidedSaga } from "../definition/saga.ts";
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

test("an instance that was stored by an older version goes on as one of the newer, when that says how", async (t) => {
  const { database } = await sagaDatabase(t);
  const steps = { do: async () => {} };
  const first = decidedSaga("sell", Order).step("bill", steps).ends();
  await replica(t, database, "old", [first]).start(first, "a");
  await database.query("update saga set owner = null, due_at = now()");
  const seen: unknown[] = [];
  const second = decidedSaga("sell", Type.Object({ order: Type.String() }), {
    version: 2,
    migrate: {
      1: ({ input }) => ({ input: { order: (input as Order).orderId }, added: { note: "moved" }, step: "invoice" }),
    },
  })
    .step("invoice", { do: async (state) => void seen.push(state) })
    .ends();
  replica(t, database, "new", [second]).begin();
  await untilEnded(database, 1);
  assert.deepEqual(seen, [{ order: "a", note: "moved" }]);
  const stored = await database.query("select version, input, added, status from saga");
  assert.deepEqual(stored, [{ version: 2, input: { order: "a" }, added: { note: "moved" }, status: "done" }]);
});
