import assert from "node:assert/strict";
import { test } from "node:test";
import { Type } from "typebox";
import { Sensitive } from "../../contract/sensitive.ts";
import { systemClock } from "../../core/clock.ts";
import { notFound, unavailable } from "../../core/failure/failure.ts";
import { createLog } from "../../telemetry/log.ts";
import { eventually } from "../../testing/eventually.ts";
import type { Cleanup } from "../../testing/servers/postgres.ts";
import { type AnySaga, saga } from "../definition/saga.ts";
import { createSagaSet } from "../definition/saga-set.ts";
import { createSagaRunner } from "../runner/saga-runner.ts";
import { createStartSaga } from "../runner/start-saga.ts";
import { sagaDatabase } from "../tests/sagas-under-test.fixture.ts";
import { createSagaOperations } from "./operate-sagas.ts";
import { sagaEnded, sagaNotWaiting, sagaPastPivot, sagaUnknown } from "./operations-contract.ts";

const nothing = async () => {};
const Order = Type.Object({ orderId: Type.String(), card: Sensitive(Type.String()) });

const charged = { chargeId: "c1", secret: "s" };

/** A service whose saga charges a card; `charge` and `bill` are what the test makes of them. */
async function setUp(t: Cleanup, { charge = async (): Promise<typeof charged> => charged, bill = nothing } = {}) {
  const { database } = await sagaDatabase(t);
  const undone: string[] = [];
  const sell = saga("sell", Order)
    .step("charge", {
      do: charge,
      undo: async () => void undone.push("charge"),
      returns: Type.Object({ chargeId: Type.String(), secret: Sensitive(Type.String()) }),
      retry: { faults: 1 },
    })
    .pivot("confirm", { within: nothing })
    .step("bill", { do: bill, retry: { faults: 1 } })
    .fails(async (_tx, _input, reason) => void undone.push(`recorded ${reason}`));
  const log = createLog({ service: "test", level: "silent" });
  const runner = createSagaRunner({ database, sagas: [sell], clock: systemClock, log, owner: "one", pollInterval: 20 });
  const startSaga = createStartSaga({ owner: "one", onCommit: (instance) => runner.run(instance) });
  const operate = (...sagas: AnySaga[]) =>
    createSagaOperations({ database, sagas: createSagaSet(sagas), onChange: () => runner.wake() });
  const operations = operate(sell);
  runner.start();
  t.after(() => runner.stop());
  await database.transaction((tx) => startSaga(tx, sell, { key: "7", input: { orderId: "7", card: "4111" } }));
  const [row] = await database.query<{ id: string }>("select id from saga");
  const id = row?.id ?? "";
  const until = (status: string) =>
    eventually(async () => {
      const detail = await operations.show(id);
      return detail.status === status ? detail : undefined;
    });
  const act = (action: "retry" | "skip" | "compensate") =>
    operations.act(id, { action, by: "root", reason: "because" });
  return { database, operations, operate, id, until, act, undone };
}

test("a saga is shown with what it did, what went into it and what came of it, and its secrets are not", async (t) => {
  const { operations, id, until } = await setUp(t);
  const detail = await until("done");
  const begun = { orderId: "7", card: "[redacted]" };
  const returned = { chargeId: "c1", secret: "[redacted]" };
  assert.deepEqual(detail.input, begun);
  assert.deepEqual(
    detail.history.map(({ step, what, input, output }) => [step, what, input, output]),
    [
      ["charge", "done", begun, returned],
      ["confirm", "done", { ...begun, ...returned }, undefined],
      ["bill", "done", { ...begun, ...returned }, undefined],
    ],
  );
  assert.deepEqual([detail.remaining, detail.waits], [[], null]);
  const { items } = await operations.list({ name: "sell", status: "done", limit: 20 });
  assert.deepEqual(
    items.map((each) => each.id),
    [id],
  );
  assert.deepEqual((await operations.list({ status: "parked", limit: 20 })).items, []);
});

test("a parked saga says whom it waits for and what remains; tried again, it goes on, and the history says who and why", async (t) => {
  let isBroken = true;
  const { until, act } = await setUp(t, {
    charge: async () => {
      if (isBroken) throw new TypeError("oops");
      return charged;
    },
  });
  const parked = await until("parked");
  assert.match(parked.waits?.for ?? "", /a person/);
  assert.deepEqual(parked.remaining, ["charge", "confirm", "bill"]);
  assert.match(parked.history.at(-1)?.cause ?? "", /oops/);
  isBroken = false;
  await act("retry");
  const { history } = await until("done");
  const { what, by, cause } = history.find((line) => line.what === "retried") ?? {};
  assert.deepEqual([what, by, cause], ["retried", "root", "because"]);
});

test("a step that was done by other means is skipped", async (t) => {
  const { until, act } = await setUp(t, { bill: () => Promise.reject(new TypeError("oops")) });
  await until("parked");
  await act("skip");
  assert.deepEqual((await until("done")).history.at(-1)?.what, "skipped");
});

test("a saga before its pivot is undone by hand, the step under way included; behind it, it is not", async (t) => {
  const { until, act, undone } = await setUp(t, { charge: () => Promise.reject(new TypeError("oops")) });
  await until("parked");
  await act("compensate");
  assert.equal((await until("failed")).reason, "called_off");
  assert.deepEqual(undone, ["charge", "recorded called_off"]);
  await assert.rejects(act("retry"), sagaEnded.is);
  const other = await setUp(t, { bill: () => Promise.reject(new TypeError("oops")) });
  await other.until("parked");
  await assert.rejects(other.act("compensate"), sagaPastPivot.is);
});

test("whoever runs a saga that is undone by hand writes nothing more", async (t) => {
  const asked = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<void>();
  const { until, act, undone } = await setUp(t, {
    charge: async () => {
      asked.resolve();
      await answer.promise;
      return charged;
    },
  });
  await asked.promise;
  await assert.rejects(act("skip"), sagaNotWaiting.is);
  await act("compensate");
  answer.resolve();
  const { history } = await until("failed");
  assert.deepEqual(undone, ["charge", "recorded called_off"]);
  assert(!history.some(({ what }) => what === "done"));
});

test("a saga that waits says for what, until when and which attempt comes next", async (t) => {
  let attempts = 0;
  const { until, act, operations, id } = await setUp(t, {
    bill: async () => {
      if (++attempts === 1) throw unavailable.failure({ retryAfter: 3_600 });
    },
  });
  const waiting = await eventually(async () => {
    const detail = await operations.show(id);
    return detail.waits?.until ? detail : undefined;
  });
  assert.deepEqual([waiting.waits?.for, waiting.waits?.attempt], ['another attempt at "bill"', 2]);
  await act("retry");
  await until("done");
});

test("what is not there is not found, and what no definition is there for can't be acted upon", async (t) => {
  const { operations, operate, id, until } = await setUp(t, { charge: () => Promise.reject(new TypeError("oops")) });
  await until("parked");
  for (const unknown of ["x", "0190a000-0000-7000-8000-000000000000"])
    await assert.rejects(operations.show(unknown), notFound.is);
  const ignorant = operate();
  await assert.rejects(ignorant.act(id, { action: "retry", by: "root", reason: "x" }), sagaUnknown.is);
  assert.deepEqual((await ignorant.show(id)).input, { orderId: "[redacted]", card: "[redacted]" });
});

test("the check tells which stored sagas the definitions of today can't go on with, and why", async (t) => {
  const { operations, operate, until } = await setUp(t, { bill: () => Promise.reject(new TypeError("oops")) });
  await until("parked");
  assert.deepEqual(await operations.check(undefined), { checked: 1, faults: [], nextCursor: null });
  const steps = { do: nothing, undo: nothing };
  const definitions: [AnySaga | undefined, RegExp][] = [
    [undefined, /there is no saga "sell", version 1/],
    [
      saga("sell", Order).step("charge", steps).pivot("confirm", { within: nothing }).fails(nothing),
      /is missing, not "bill"/,
    ],
    [
      saga("sell", Order)
        .step("pay", steps)
        .pivot("confirm", { within: nothing })
        .step("bill", steps as never)
        .fails(nothing),
      /has done step "charge", which is not there/,
    ],
    [
      saga("sell", Type.Object({ orderId: Type.Integer() }))
        .step("charge", steps)
        .pivot("confirm", { within: nothing })
        .step("bill", { do: nothing })
        .fails(nothing),
      /does not fit any more: \/orderId/,
    ],
    [
      saga("sell", Order, {
        version: 2,
        migrate: {
          1: () => {
            throw new Error("can't");
          },
        },
      })
        .pivot("confirm", { within: nothing })
        .fails(nothing),
      /migration of saga "sell" from version 1 to 2 threw Error: can't/,
    ],
  ];
  for (const [definition, fault] of definitions) {
    const { faults } = await operate(...(definition ? [definition] : [])).check(undefined);
    assert.match(faults[0]?.fault ?? "", fault);
  }
});
