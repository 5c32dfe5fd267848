import assert from "node:assert/strict";
import { test } from "node:test";
import { type Static, Type } from "typebox";
import { currentContext } from "../../context/context.ts";
import { deadlineExceeded, refusal, unavailable } from "../../core/failure/failure.ts";
import { type Saga, type StepContext, saga } from "../definition/saga.ts";
import { CANCELLED_GRACE } from "../definition/step-times.ts";
import type { SagaInstance } from "../store/saga-instance.ts";
import { playAlone, traceId } from "../tests/play-alone.fixture.ts";

const Order = Type.Object({ orderId: Type.String() });
const declined = refusal("declined", 409, "Declined");
const nothing = async () => {};

type Sell = Saga<Static<typeof Order> & object>;

test("what steps add reaches the steps after them, and the undo of their own", async () => {
  const seen: unknown[] = [];
  const definition = saga("sell", Order)
    .step("charge", { do: async () => ({ chargeId: "c1" }), undo: async (state) => void seen.push(state) })
    .step("ship", { do: async (state) => void seen.push(state), undo: nothing })
    .pivot("confirm", { within: () => Promise.reject(declined.failure()), refuses: [declined] })
    .fails(async (_tx, input, reason) => void seen.push(input, reason));
  const { instance } = await playAlone(definition);
  const state = { orderId: "7", chargeId: "c1" };
  assert.deepEqual(seen, [state, state, { orderId: "7" }, "declined"]);
  assert.equal(instance.status, "failed");
});

test("a step without an answer is asked again with the same key until its time is up, and then undone by that key", async () => {
  const asked: string[] = [];
  const undone: string[] = [];
  const definition = saga("sell", Order)
    .step("charge", {
      do: async (_state, { key }) => {
        asked.push(key);
        throw unavailable.failure();
      },
      undo: async (_state, { key }) => void undone.push(key),
      deadline: 20_000,
    })
    .pivot("confirm", { within: nothing })
    .fails(nothing);
  const { instance } = await playAlone(definition);
  assert.deepEqual([instance.status, instance.reason], ["failed", "unavailable"]);
  assert(asked.length >= 5, `asked ${asked.length} times`);
  assert.deepEqual(new Set(asked), new Set(["7:sell:charge"]));
  assert.deepEqual(undone, ["7:sell:charge"]);
});

const impatient = { fails: () => Promise.reject(unavailable.failure()), hangs: () => new Promise<never>(() => {}) };

for (const [how, charge] of Object.entries(impatient)) {
  test(`the deadline of a step counts from when it is the one to do, and attempts do not extend it: each ${how}`, async () => {
    let attempts = 0;
    const definition = saga("sell", Order)
      .step("charge", {
        do: () => {
          attempts++;
          return charge();
        },
        undo: nothing,
        deadline: 25_000,
        timeout: 6_000,
      })
      .pivot("confirm", { within: nothing })
      .fails(nothing);
    const { instance, elapsed } = await playAlone(definition);
    assert.equal(instance.status, "failed");
    assert(attempts >= 3, `asked ${attempts} times`);
    assert(elapsed >= 25_000 && elapsed < 25_000 + 2 * CANCELLED_GRACE, `given up after ${elapsed} ms`);
  });
}

test("an attempt that hangs is given up, its signal aborted, and the step asked again", async () => {
  const signals: AbortSignal[] = [];
  const definition = saga("sell", Order)
    .step("charge", {
      do: async (_state, { signal }) => {
        signals.push(signal);
        if (signals.length === 1) await new Promise(() => {});
      },
      undo: nothing,
    })
    .pivot("confirm", { within: nothing })
    .fails(nothing);
  const { instance, history } = await playAlone(definition);
  assert.equal(instance.status, "done");
  assert.deepEqual([signals.length, signals[0]?.aborted, signals[1]?.aborted], [2, true, false]);
  assert.match(history[0]?.cause ?? "", new RegExp(deadlineExceeded.code));
});

test("after the pivot an outage is sat out, however long it lasts", async () => {
  let attempts = 0;
  const definition = saga("sell", Order)
    .pivot("confirm", { within: nothing })
    .step("bill", {
      do: async () => {
        if (++attempts < 100) throw unavailable.failure();
      },
    })
    .fails(nothing);
  const { instance } = await playAlone(definition, {}, 7_200_000);
  assert.deepEqual([instance.status, attempts], ["done", 100]);
});

const sellBy = (act: (state: object, context: StepContext) => Promise<never>): Sell =>
  saga("sell", Order).step("charge", { do: act, undo: nothing }).pivot("confirm", { within: nothing }).fails(nothing);

const defects: [string, Sell, Partial<SagaInstance>, RegExp][] = [
  ["a step that throws what nobody expected", sellBy(() => Promise.reject(new TypeError("oops"))), {}, /oops/],
  ["a step that returns what can't be stored", sellBy(async () => ({ amount: 7n }) as never), {}, /BigInt/],
  ["a step that returns no object", sellBy(async () => "text" as never), {}, /an object of JSON/],
  ["a version that this process does not know", sellBy(async () => null as never), { version: 2 }, /version 2/],
  ["a definition that has changed", sellBy(async () => null as never), { step: "pay" }, /"charge", not "pay"/],
  [
    "an undo that is refused",
    saga("sell", Order)
      .step("charge", { do: nothing, undo: () => Promise.reject(declined.failure()) })
      .pivot("confirm", { within: nothing })
      .fails(nothing),
    { status: "compensating", reason: "out_of_stock" },
    /declined/,
  ],
];

for (const [what, definition, changed, cause] of defects) {
  test(`${what} parks the saga for a person, with the cause`, async () => {
    const { instance, history } = await playAlone(definition, changed);
    assert.equal(instance.status, "parked");
    assert.match(history.at(-1)?.cause ?? "", cause);
  });
}

test("a defect that passes does no harm", async () => {
  let attempts = 0;
  const definition = sellBy(async () => {
    if (++attempts < 4) throw new TypeError("oops");
    return undefined as never;
  });
  assert.equal((await playAlone(definition)).instance.status, "done");
});

test("what a step does to its state is not there for the next one, as after a restart", async () => {
  const seen: unknown[] = [];
  const definition = saga("sell", Order)
    .step("charge", { do: async (state) => void Object.assign(state, { orderId: "8" }), undo: nothing })
    .pivot("confirm", { within: async (_tx, state) => void seen.push(state) })
    .fails(nothing);
  await playAlone(definition);
  assert.deepEqual(seen, [{ orderId: "7" }]);
});

test("steps run in the context of the saga's start, with the attempt's deadline", async () => {
  const contexts: ReturnType<typeof currentContext>[] = [];
  const definition = saga("sell", Order)
    .step("charge", { do: async () => void contexts.push(currentContext()), undo: nothing })
    .pivot("confirm", { within: async () => void contexts.push(currentContext()) })
    .fails(nothing);
  await playAlone(definition);
  for (const context of contexts) {
    assert.deepEqual([context?.requestId, context?.trace.traceId], ["request 1", traceId]);
  }
  assert.deepEqual([contexts.length, contexts[0]?.deadline], [2, 10_000]);
});
