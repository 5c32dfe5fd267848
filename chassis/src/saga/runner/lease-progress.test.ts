import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "../../core/clock.ts";
import { createLog } from "../../telemetry/log.ts";
import { eventually } from "../../testing/eventually.ts";
import { fakeClock } from "../../testing/fake-clock.ts";
import { decidedSaga } from "../definition/saga.ts";
import type { SagaInstance } from "../store/saga-instance.ts";
import type { SagaStore } from "../store/saga-store.ts";
import { effects, note, Order, replica, sagaDatabase, untilEnded } from "../tests/sagas-under-test.fixture.ts";
import { createSagaLeases } from "./saga-leases.ts";

const log = createLog({ service: "test", level: "silent" });

test("a lease is renewed for as long as progress is expected, and left to others when there is none", async () => {
  const clock = fakeClock();
  const renewed: (readonly string[])[] = [];
  const store = {
    async renew(ids: readonly string[]) {
      renewed.push(ids);
      return [...ids];
    },
  } as SagaStore;
  const leases = createSagaLeases(store, log, clock);
  const [one, other] = ["one", "other"].map((id) => leases.hold({ id } as SagaInstance));
  assert(one && other);
  leases.expect(one, 10_000);
  leases.expect(other, 20_000);
  await clock.advance(10_000);
  await leases.renew();
  await clock.advance(1);
  await leases.renew();
  assert.deepEqual([one.lost.signal.aborted, other.lost.signal.aborted], [true, false]);
  leases.expect(other, 20_000);
  await clock.advance(20_000);
  await leases.renew();
  assert.deepEqual(renewed, [["one", "other"], ["other"], ["other"]]);
});

test("attempts of one process at one step do not overlap, though an operator's decision comes between", async (t) => {
  const { database } = await sagaDatabase(t);
  const attempts: string[] = [];
  const definition = decidedSaga("sell", Order)
    .step("bill", {
      async do(_state, { signal }) {
        attempts.push("begun");
        if (attempts.length === 1) {
          await new Promise((resolve) => signal.addEventListener("abort", resolve));
          // It takes a moment to come to its end.
          await systemClock.sleep(1_000);
        }
        attempts.push("ended");
      },
    })
    .ends();
  const one = replica(t, database, "one", [definition]);
  one.begin();
  await one.start(definition, "7");
  await eventually(() => attempts.length === 1);
  await database.query("update saga set fence = fence + 1, owner = null, due_at = clock_timestamp()");
  await untilEnded(database, 1);
  assert.deepEqual(attempts, ["begun", "ended", "begun", "ended"]);
});

test("as many sagas as run at once may be held up by a service that is silent: others go on", async (t) => {
  const { database } = await sagaDatabase(t);
  const silent = decidedSaga("silent", Order)
    .step("ask", { do: () => new Promise(() => {}) })
    .ends();
  const sound = decidedSaga("sound", Order)
    .step("bill", { within: (tx, { orderId }) => note(tx, orderId) })
    .ends();
  const one = replica(t, database, "one", [silent, sound], { concurrency: 10 });
  one.begin();
  await one.start(silent, ...Array.from({ length: 10 }, (_, at) => `${at}`));
  await one.start(sound, "a", "b");
  const from = performance.now();
  await untilEnded(database, 2);
  assert(performance.now() - from < 6_000);
  assert.deepEqual(await effects(database), ["a", "b"]);
});
