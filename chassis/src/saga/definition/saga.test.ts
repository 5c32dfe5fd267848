import assert from "node:assert/strict";
import { test } from "node:test";
import { Type } from "typebox";
import { saga } from "./saga.ts";

const Order = Type.Object({ orderId: Type.String() });
const nothing = async () => {};

test("a saga is its steps in their order, with what kind each is", () => {
  const sell = saga("sell", Order)
    .step("reserve", { do: nothing, undo: nothing })
    .pivot("confirm", { within: nothing })
    .step("bill", { do: nothing })
    .fails(nothing);
  assert.deepEqual(
    sell.steps.map(({ name, kind }) => [name, kind]),
    [
      ["reserve", "undoable"],
      ["confirm", "pivot"],
      ["bill", "retried"],
    ],
  );
});

test("two steps of one name, and so of one key, are refused", () => {
  const begun = saga("sell", Order).step("take money", { do: nothing, undo: nothing });
  assert.throws(() => begun.step("take money", { do: nothing, undo: nothing }), /two steps "take money"/);
  assert.throws(() => begun.step("take-money", { do: nothing, undo: nothing }), /two steps "take-money"/);
});

test("what a step returns is in the state of the steps after it, and may be in that of its own undo", () => {
  saga("sell", Order)
    .step("charge", {
      do: async ({ orderId }) => ({ chargeId: `charge of ${orderId}` }),
      undo: async (state) => {
        const chargeId: string | undefined = state.chargeId;
        // @ts-expect-error it is not known whether `do` ever answered
        const certain: string = state.chargeId;
        return [chargeId, certain];
      },
    })
    .step("ship", {
      do: async ({ orderId, chargeId }) => ({ parcel: orderId + chargeId }),
      undo: nothing,
    })
    .pivot("confirm", {
      within: async (_tx, state) => {
        const parcel: string = state.parcel;
        // @ts-expect-error no step has added it
        assert.equal(parcel, state.invoice);
      },
    });
});

test("what can't be undone does not compile before the pivot, what can't be reached does not after it", () => {
  const begun = saga("sell", Order);
  // @ts-expect-error a step before the pivot needs an undo
  begun.step("charge", { do: nothing });
  // @ts-expect-error a step must not be undone by the state of later steps
  begun.step("charge", { do: nothing, undo: async (state: { parcel: string }) => state.parcel });
  // @ts-expect-error a saga without a pivot has not decided anything
  assert.equal(begun.fails, undefined);
  const decided = begun.pivot("confirm", { within: nothing });
  // @ts-expect-error nothing is undone after the pivot
  decided.step("bill", { do: nothing, undo: nothing });
  // @ts-expect-error there is one pivot
  assert.equal(decided.pivot, undefined);
  // @ts-expect-error the state holds objects of JSON only under names
  begun.step("count", { do: async () => 7, undo: nothing });
});
