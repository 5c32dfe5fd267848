import assert from "node:assert/strict";
import { test } from "node:test";
import { unavailable } from "../../core/failure/failure.ts";
import { saga } from "../definition/saga.ts";
import { playAlone } from "./play-alone.fixture.ts";
import { declined, Order } from "./sagas-under-test.fixture.ts";

const nothing = async () => {};

test("a refusal undoes the steps before it, newest first, and not the one that refused", async () => {
  const undone: string[] = [];
  const undo = (step: string) => async () => void undone.push(step);
  const definition = saga("sell", Order)
    .step("one", { do: nothing, undo: undo("one") })
    .step("two", { do: nothing, undo: undo("two") })
    .step("three", { do: () => Promise.reject(declined.failure()), undo: undo("three"), refuses: [declined] })
    .pivot("confirm", { within: nothing })
    .fails(nothing);
  const { history } = await playAlone(definition);
  assert.deepEqual(undone, ["two", "one"]);
  assert.deepEqual(
    history.map(({ step, what }) => `${step} ${what}`),
    ["one done", "two done", "three refused", "two undone", "one undone", "null recorded"],
  );
});

const three = ["one", "two", "three"];

/** A saga of three steps that is undone; whenever `failing` is to be undone, `trouble` happens first. */
function undoneSell(failing: string, trouble: () => Promise<void>) {
  const undone: string[] = [];
  const step = (name: string) => ({
    do: nothing,
    undo: async () => {
      if (name === failing) await trouble();
      undone.push(name);
    },
  });
  const definition = saga("sell", Order)
    .step("one", step("one"))
    .step("two", step("two"))
    .step("three", step("three"))
    .pivot("confirm", { within: () => Promise.reject(declined.failure()), refuses: [declined] })
    .fails(nothing);
  return { definition, undone };
}

for (const failing of three) {
  test(`the undo of step ${failing} that fails for a while holds up those before it, and no more`, async () => {
    let attempts = 0;
    const { definition, undone } = undoneSell(failing, async () => {
      if (++attempts < 8) throw unavailable.failure();
    });
    const { instance } = await playAlone(definition, {}, 3_600_000);
    assert.deepEqual([instance.status, undone, attempts], ["failed", three.toReversed(), 8]);
  });

  test(`the undo of step ${failing} that is broken parks the saga there, with nothing undone out of order`, async () => {
    const { definition, undone } = undoneSell(failing, () => Promise.reject(new TypeError("oops")));
    const { instance } = await playAlone(definition);
    assert.deepEqual([instance.status, instance.step], ["parked", failing]);
    assert.deepEqual(undone, three.slice(three.indexOf(failing) + 1).toReversed());
  });
}
