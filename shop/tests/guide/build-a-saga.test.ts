import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { unavailable } from "@flotilla/chassis/failure";
import { systemClock } from "@flotilla/chassis/service";
import { createLog } from "@flotilla/chassis/telemetry";
import { eventually, testDatabase } from "@flotilla/chassis/testing";
import { createSagaRunner } from "../../../chassis/src/saga/runner/saga-runner.ts";
import { createStartSaga } from "../../../chassis/src/saga/runner/start-saga.ts";
import { bookTrip, cardDeclined } from "./book-trip.saga.ts";
import { assertQuoted } from "./quoted-code.ts";

test("the code of the guide is the code that is tested here", () =>
  assertQuoted("build-a-saga.md", new URL("./book-trip.saga.ts", import.meta.url)));

/** A trip, at a flight company and a card company that answer as the test says. */
async function bookedTrip(t: TestContext, charge: () => Promise<void>) {
  const saga = { name: "saga", folder: new URL("../../../chassis/src/saga/migrations/", import.meta.url) };
  const { database } = await testDatabase(t, [saga]);
  const told: string[] = [];
  const definition = bookTrip({
    flights: {
      book: async () => ({ seat: "12A" }),
      cancel: async (key) => void told.push(`cancelled ${key}`),
    },
    cards: { charge, refund: async (key) => void told.push(`refunded ${key}`) },
    confirm: async (tx, tripId) => void tx.afterCommit(() => void told.push(`confirmed ${tripId}`)),
    reject: async (tx, tripId, reason) => void tx.afterCommit(() => void told.push(`rejected ${tripId}: ${reason}`)),
  });
  const log = createLog({ service: "test", level: "silent" });
  const runner = createSagaRunner({ database, sagas: [definition], clock: systemClock, log, owner: "test" });
  t.after(() => runner.stop());
  runner.start();
  const startSaga = createStartSaga({ owner: "test", onCommit: (instance) => runner.run(instance) });
  await database.transaction((tx) => startSaga(tx, definition, { key: "t1", input: { tripId: "t1", city: "Oslo" } }));
  await eventually(async () => (await database.query("select 1 from saga where ended_at is not null")).length === 1);
  return told;
}

test("a trip is confirmed, also when the card company is away for a moment", async (t) => {
  let attempts = 0;
  const told = await bookedTrip(t, async () => {
    if (++attempts === 1) throw unavailable.failure();
  });
  assert.deepEqual(told, ["confirmed t1"]);
});

test("a declined card cancels the flight", async (t) => {
  const told = await bookedTrip(t, () => Promise.reject(cardDeclined.failure()));
  assert.deepEqual(told, ["cancelled t1:book-trip:book-flight", "rejected t1: card_declined"]);
});
