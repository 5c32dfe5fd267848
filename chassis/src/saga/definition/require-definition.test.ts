import assert from "node:assert/strict";
import { test } from "node:test";
import { Type } from "typebox";
import { decidedSaga, saga } from "./saga.ts";

const Order = Type.Object({ orderId: Type.String() });
const nothing = async () => {};
const begun = () => saga("sell", Order);
const undefinedNumber = Number(undefined);
const infinite = Number.POSITIVE_INFINITY;

/** What is no time, none that is over, and none that ever ends. */
const noTimes = [undefinedNumber, infinite, -1, 0, 1e300, "5" as never, null as never, 7n as never];

test("times of a step that are none are refused when it is defined, with the names of its saga and itself", () => {
  const steps = (time: number) => [
    { do: nothing, undo: nothing, deadline: time },
    { do: nothing, undo: nothing, timeout: time },
    { within: nothing, undoWithin: nothing, timeout: time },
    { do: nothing, undo: nothing, retry: { outage: { first: time, most: 1 } } },
    { do: nothing, undo: nothing, retry: { outage: { first: 1, most: time } } },
  ];
  for (const time of noTimes) {
    for (const step of steps(time)) assert.throws(() => begun().step("charge", step), /saga "sell", step "charge": /);
  }
  for (const step of steps(86_400_000)) begun().step("charge", step);
});

test("factors and numbers of faults that are none are refused as well", () => {
  for (const number of [...noTimes, 0.5]) {
    const factor = { outage: { first: 1, most: 1, factor: number } };
    assert.throws(() => begun().step("charge", { do: nothing, undo: nothing, retry: factor }), /retry.outage.factor/);
    const retry = { faults: number };
    assert.throws(() => begun().step("charge", { do: nothing, undo: nothing, retry }), /retry.faults/);
  }
  assert.throws(() => begun().pivot("confirm", { within: nothing, retry: { faults: 0 } }), /step "confirm"/);
  const decided = decidedSaga("bill", Order);
  assert.throws(() => decided.step("send", { do: nothing, timeout: infinite }), /saga "bill", step "send": timeout/);
});

test("a wait that never ends, or is none, is refused; none at all is a wait", () => {
  for (const wait of noTimes.filter((time) => time !== 0)) {
    assert.throws(() => begun().after("a while", wait), /step "a while": the time to wait/);
  }
  begun().after("no time", 0);
});

test("deadlines and versions of sagas that are none are refused", () => {
  for (const deadline of noTimes) assert.throws(() => saga("sell", Order, { deadline }), /saga "sell": deadline/);
  for (const version of [...noTimes, 1.5, 2 ** 31]) {
    assert.throws(() => saga("sell", Order, { version }), /saga "sell": version/);
    assert.throws(() => decidedSaga("sell", Order, { version }), /saga "sell": version/);
  }
});

test("names that could not be stored are refused", () => {
  for (const name of ["", "a\0b", "😀".slice(1), "a".repeat(201), undefined as never]) {
    assert.throws(() => saga(name, Order), /a name/);
    assert.throws(() => begun().step(name, { do: nothing, undo: nothing }), /a name/);
  }
});
