import assert from "node:assert/strict";
import { test } from "node:test";
import { Type } from "typebox";
import { call } from "../../contract/call.ts";
import { refusal } from "../../core/failure/failure.ts";
import { decidedSaga, saga } from "./saga.ts";

const Order = Type.Object({ orderId: Type.String() });
const nothing = async () => {};
const outOfStock = refusal("out_of_stock", 409, "Out of stock");
const declined = refusal("declined", 402, "Declined");
const frozen = refusal("frozen", 409, "Frozen");
const charge = call("PUT /payments/{orderId}", {
  summary: "Charge",
  access: "internal",
  replies: { 204: null },
  refuses: [declined, frozen],
});

test("a saga fails for what its steps may be refused with, or for an outage, and for nothing else", () => {
  saga("sell", Order)
    .step("reserve", { do: nothing, undo: nothing, refuses: [outOfStock] })
    .step("charge", { do: nothing, undo: nothing, refuses: [charge] })
    .pivot("confirm", { within: nothing })
    .fails(async (_tx, _input, reason) => {
      const expected: "out_of_stock" | "declined" | "frozen" | "unavailable" = reason as never;
      switch (reason) {
        case "out_of_stock":
        case "declined":
        case "frozen":
        case "unavailable":
        case "upstream_failed":
        case "rate_limited":
        case "deadline_exceeded":
        case "called_off":
          return;
        // @ts-expect-error no step says so
        case "lost":
          return;
        default:
          // What is left is nothing: the union is complete.
          return ((none: never) => none)(expected && (reason as never));
      }
    });
  const { steps } = saga("sell", Order)
    .step("charge", { do: nothing, undo: nothing, refuses: [charge, outOfStock] })
    .pivot("confirm", { within: nothing })
    .fails(nothing);
  assert.deepEqual([...(steps[0]?.refuses ?? [])], ["declined", "frozen", "out_of_stock"]);
});

test("a recorder that takes fewer reasons than there are does not compile", () => {
  const begun = saga("sell", Order)
    .step("charge", { do: nothing, undo: nothing, refuses: [charge] })
    .pivot("confirm", { within: nothing });
  // @ts-expect-error it may be frozen, or there may be no answer
  begun.fails(async (_tx, _input, _reason: "declined") => {});
  assert.ok(begun);
});

test("what asks only needs no undo, what acts locally before the pivot needs one", () => {
  const begun = saga("sell", Order).step("price", { ask: async () => ({ price: 7 }) });
  begun.step("note", { within: async (_tx, { price }) => void price.toFixed(), undoWithin: nothing });
  // @ts-expect-error what was written before the pivot has to be unwritten
  begun.step("note", { within: nothing });
  // @ts-expect-error a timer needs a time
  begun.after("a while", (state) => state.orderId);
  assert.ok(begun);
});

test("behind the pivot nothing is refused, and a decided saga has neither pivot nor failure", () => {
  const decided = decidedSaga("cancel", Order).after("a while", 1_000);
  // @ts-expect-error there is no way back from here
  decided.step("refund", { do: nothing, refuses: [declined] });
  // @ts-expect-error there is nothing to undo
  decided.step("refund", { do: nothing, undo: nothing });
  // @ts-expect-error it can't fail
  assert.equal(decided.fails, undefined);
  // @ts-expect-error it was decided when it began
  assert.equal(decided.pivot, undefined);
});

test("what a pivot returns is in the state of the steps after it", () => {
  const { steps } = saga("sell", Order)
    .pivot("confirm", { do: async () => ({ confirmation: "c" }) })
    .step("tell", { do: async ({ confirmation }) => void confirmation.length })
    .fails(nothing);
  assert.deepEqual(
    steps.map(({ kind }) => kind),
    ["pivot", "retried"],
  );
});
