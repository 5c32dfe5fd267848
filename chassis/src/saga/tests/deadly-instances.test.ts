import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { systemClock } from "../../core/clock.ts";
import { createLog } from "../../telemetry/log.ts";
import { decidedSaga } from "../definition/saga.ts";
import { createSagaSet } from "../definition/saga-set.ts";
import { runSaga } from "../execution/run-saga.ts";
import { createPostgresSagaStore } from "../store/postgres-saga-store.ts";
import { effects, Order, replica, sagaDatabase } from "./sagas-under-test.fixture.ts";

const definition = decidedSaga("sell", Order)
  .step("bill", { do: async () => {} })
  .step("send", { within: async () => {} })
  .ends();

test("an instance that ends the process that runs it is found and parked; those beside it are done", async (t) => {
  const { database, url } = await sagaDatabase(t);
  const sound = Array.from({ length: 20 }, (_, at) => `${at}`);
  await replica(t, database, "starting", [definition]).start(definition, "deadly", ...sound);
  const unended = async () => (await database.query("select 1 from saga where due_at is not null")).length;
  let deaths = 0;
  while ((await unended()) > 0) {
    // As if the leases of the process that has died had run out.
    await database.query("update saga set due_at = clock_timestamp() where due_at is not null");
    const child = fork(fileURLToPath(new URL("deadly-replica.fixture.ts", import.meta.url)), {
      env: { ...process.env, DATABASE_URL: url },
    });
    t.after(() => void child.kill("SIGKILL"));
    const exit = once(child, "exit").then(() => "dead");
    const isDone = async () => {
      while ((await unended()) > 0) await systemClock.sleep(50);
      return "done";
    };
    const controller = new AbortController();
    const end = await Promise.race([exit, isDone(), systemClock.sleep(60_000, controller.signal).then(() => "stuck")]);
    controller.abort();
    assert.notEqual(end, "stuck");
    if (end === "dead") deaths++;
    else child.kill("SIGKILL");
    await exit;
  }
  assert.deepEqual(await effects(database), sound.toSorted());
  const [parked] = await database.query<{ key: string; cause: string }>(
    "select key, history[cardinality(history)] ->> 'cause' as cause from saga where status = 'parked'",
  );
  assert.equal(parked?.key, "deadly");
  assert.match(parked?.cause ?? "", /taken up 5 times without getting any further/);
  assert.equal(deaths, 5);
});

test("an instance that gets further is never taken for one that does not", async (t) => {
  const { database } = await sagaDatabase(t);
  await replica(t, database, "starting", [definition]).start(definition, "7");
  const store = createPostgresSagaStore({
    database,
    owner: "one",
    clock: systemClock,
    sagas: createSagaSet([definition]),
  });
  const due = () => database.query("update saga set due_at = clock_timestamp()");
  for (let taken = 1; taken <= 4; taken++) {
    await due();
    assert.equal((await store.claim(1))[0]?.claims, taken);
  }
  await due();
  assert.deepEqual(await store.claim(1, { suspects: false }), []);
  const [instance] = await store.claim(1);
  assert(instance?.claims === 5);
  const surroundings = {
    store,
    clock: systemClock,
    log: createLog({ service: "test", level: "silent" }),
    random: () => 0,
  };
  assert.equal(await runSaga(instance, definition, surroundings, new AbortController().signal), "ended");
  assert.deepEqual(await database.query("select status, claims from saga"), [{ status: "done", claims: 0 }]);
});

test("a process that stops in good order does not count", async (t) => {
  const { database } = await sagaDatabase(t);
  await replica(t, database, "starting", [definition]).start(definition, "7");
  const store = createPostgresSagaStore({
    database,
    owner: "one",
    clock: systemClock,
    sagas: createSagaSet([definition]),
  });
  for (let stops = 0; stops < 7; stops++) {
    await database.query("update saga set due_at = clock_timestamp()");
    const [instance] = await store.claim(1);
    assert.equal(instance?.claims, 1);
    await store.release([instance?.id ?? ""]);
  }
});
