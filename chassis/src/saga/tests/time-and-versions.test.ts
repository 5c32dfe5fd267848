import assert from "node:assert/strict";
import { test } from "node:test";
import { Type } from "typebox";
import { refusal, unavailable } from "../../core/failure/failure.ts";
import { decidedSaga, saga } from "../definition/saga.ts";
import { playAlone } from "./play-alone.fixture.ts";

const Order = Type.Object({ orderId: Type.String() });
const declined = refusal("declined", 409, "Declined");
const nothing = async () => {};
const silent = () => Promise.reject(unavailable.failure());
const lines = (history: readonly { step: string | null; what: string }[]) =>
  history.map(({ step, what }) => `${step} ${what}`);

test("a timer waits its time, computed from the state, and gives the lease back meanwhile", async () => {
  const times: number[] = [];
  const definition = saga("sell", Order)
    .step("note", { do: async () => ({ days: 3 }), undo: nothing })
    .after("a few days", ({ days }) => days * 86_400_000)
    .pivot("confirm", { within: nothing })
    .fails(nothing);
  const { instance, history, elapsed } = await playAlone(definition, {}, 400_000_000, times);
  assert.equal(instance.status, "done");
  assert.deepEqual(lines(history), ["note done", "a few days waits", "a few days done", "confirm done"]);
  assert(elapsed >= 3 * 86_400_000 && elapsed < 3 * 86_400_000 + 2_000);
  assert.deepEqual(times, [1, 1], "it was taken up twice: at the beginning and when its time had come");
});

test("a timer that makes no sense parks the saga", async () => {
  const definition = decidedSaga("sell", Order)
    .after("for ever", () => Number.NaN)
    .ends();
  const { instance, history } = await playAlone(definition);
  assert.equal(instance.status, "parked");
  assert.match(history.at(-1)?.cause ?? "", /waits for NaN/);
});

test("a saga without time left before its pivot is undone, the step under way included", async () => {
  const undone: string[] = [];
  const definition = saga("sell", Order, { deadline: 30_000 })
    .step("reserve", { do: nothing, undo: async () => void undone.push("reserve") })
    .step("charge", { do: silent, undo: async () => void undone.push("charge"), deadline: 3_600_000 })
    .pivot("confirm", { within: nothing })
    .fails(async (_tx, _input, reason) => void undone.push(reason));
  const { instance, elapsed } = await playAlone(definition, { deadline: 30_000 });
  assert.equal(instance.status, "failed");
  assert.deepEqual(undone.slice(0, 2), ["charge", "reserve"]);
  assert(["deadline_exceeded", "unavailable"].includes(undone[2] ?? ""));
  assert(elapsed < 35_000);
});

test("a timer before the pivot ends with the saga's own deadline", async () => {
  const definition = saga("sell", Order, { deadline: 30_000 })
    .step("reserve", { do: nothing, undo: nothing })
    .after("a day", 86_400_000)
    .pivot("confirm", { within: nothing })
    .fails(nothing);
  const { instance, elapsed } = await playAlone(definition, { deadline: 30_000 }, 100_000_000);
  assert.deepEqual([instance.status, instance.reason], ["failed", "deadline_exceeded"]);
  assert(elapsed < 35_000);
});

test("behind the pivot there is no deadline any more", async () => {
  let attempts = 0;
  const definition = saga("sell", Order, { deadline: 30_000 })
    .pivot("confirm", { within: nothing })
    .after("a minute", 60_000)
    .step("bill", {
      do: async () => {
        if (++attempts < 5) throw unavailable.failure();
      },
    })
    .fails(nothing);
  const { instance } = await playAlone(definition, { deadline: 30_000 });
  assert.equal(instance.status, "done");
});

test("retries follow the step's own policy, and a service that says when is not asked before", async () => {
  let attempts = 0;
  const slow = saga("sell", Order)
    .step("charge", {
      do: async () => {
        if (++attempts < 3) throw unavailable.failure({ retryAfter: 40 });
      },
      undo: nothing,
      deadline: 600_000,
      retry: { outage: { first: 1, most: 1 } },
    })
    .pivot("confirm", { within: nothing })
    .fails(nothing);
  const { elapsed } = await playAlone(slow);
  assert(elapsed >= 80_000 && elapsed < 84_000, `it took ${elapsed} ms`);
  const impatient = saga("sell", Order)
    .step("charge", { do: () => Promise.reject(new TypeError("oops")), undo: nothing, retry: { faults: 2 } })
    .pivot("confirm", { within: nothing })
    .fails(nothing);
  assert.equal((await playAlone(impatient)).history.length, 2);
});

test("a refusal that the step does not expect is a defect, and undoes nothing", async () => {
  const definition = saga("sell", Order)
    .step("charge", { do: () => Promise.reject(declined.failure()), undo: nothing, retry: { faults: 1 } })
    .pivot("confirm", { within: nothing })
    .fails(nothing);
  const { instance, history } = await playAlone(definition);
  assert.equal(instance.status, "parked");
  assert.match(history.at(-1)?.cause ?? "", /declined/);
});

test("a pivot in another service is asked until it is known, and its refusal undoes what was done", async () => {
  const undone: string[] = [];
  let attempts = 0;
  const definition = saga("sell", Order)
    .step("reserve", { do: nothing, undo: async () => void undone.push("reserve") })
    .pivot("charge", {
      refuses: [declined],
      do: async () => {
        throw ++attempts < 20 ? unavailable.failure() : declined.failure();
      },
    })
    .fails(async (_tx, _input, reason) => void undone.push(reason));
  const { instance } = await playAlone(definition, {}, 3_600_000);
  assert.deepEqual([instance.status, attempts, undone], ["failed", 20, ["reserve", "declined"]]);
});

test("steps before the pivot that ask or wait are passed over on the way back; local ones are undone in a transaction", async () => {
  const undone: string[] = [];
  const definition = saga("sell", Order)
    .step("note", {
      within: async () => ({ note: 1 }),
      undoWithin: async (_tx, { note }) => void undone.push(`note ${note}`),
    })
    .step("price", { ask: async () => ({ price: 7 }) })
    .after("a moment", 10)
    .pivot("confirm", { within: () => Promise.reject(declined.failure()), refuses: [declined] })
    .fails(nothing);
  const { history } = await playAlone(definition);
  assert.deepEqual(undone, ["note 1"]);
  assert.deepEqual(lines(history).slice(-3), ["confirm refused", "note undone", "null recorded"]);
});

test("what a step returns has to be what it said, without a NUL, and JSON", async () => {
  const returning = (result: object) =>
    saga("sell", Order)
      .step("charge", {
        do: async () => result,
        undo: nothing,
        returns: Type.Object({ chargeId: Type.String() }),
        retry: { faults: 1 },
      })
      .pivot("confirm", { within: nothing })
      .fails(nothing);
  for (const chargeId of ["c", "ü😀", "\\u0000", "\u0007"]) {
    assert.equal((await playAlone(returning({ chargeId }))).instance.status, "done");
  }
  const half = "😀".slice(1);
  for (const result of [
    { chargeId: 7 },
    {},
    { chargeId: "a\0b" },
    { chargeId: half },
    { chargeId: "c", [half]: 1 },
    { chargeId: 7n },
  ]) {
    assert.equal((await playAlone(returning(result))).instance.status, "parked");
  }
});

test("an instance of a version that is gone is migrated, once, and goes on where the migration says", async () => {
  const seen: unknown[] = [];
  const second = saga("sell", Type.Object({ order: Type.String() }), {
    version: 2,
    migrate: {
      1: ({ input, added, step }) => ({
        input: { order: (input as { orderId: string }).orderId },
        added: { ...added, moved: true },
        step: step === "pay" ? "charge" : step,
      }),
    },
  })
    .step("reserve", { do: nothing, undo: nothing })
    .step("charge", { do: async (state) => void seen.push(state), undo: nothing })
    .pivot("confirm", { within: nothing })
    .fails(nothing);
  const { instance, history } = await playAlone(second, { step: "pay", position: 0, version: 1 });
  assert.deepEqual([instance.status, instance.version, seen], ["done", 2, [{ order: "7", moved: true }]]);
  assert.deepEqual(lines(history), ["pay migrated", "charge done", "confirm done"]);
});
