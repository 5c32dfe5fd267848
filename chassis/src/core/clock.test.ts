import { deepEqual, equal, rejects, throws } from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { systemClock } from "./clock.ts";

const DAY = 86_400_000;

function mocked(t: TestContext): (milliseconds: number) => Promise<void> {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  return async (milliseconds) => {
    t.mock.timers.tick(milliseconds);
    await turn();
  };
}

describe("the system's clock", () => {
  it("waits for longer than a timer can, and no longer", async (t) => {
    const pass = mocked(t);
    let calls = 0;
    systemClock.after(60 * DAY, () => calls++);
    for (const part of [2 ** 31 - 1, 2 ** 31 - 1, 60 * DAY - 2 ** 32 + 1]) await pass(part);
    equal(calls, 0);
    await pass(1);
    equal(calls, 1);
  });

  it("does not fire at once when it is told to wait for long", async () => {
    let calls = 0;
    const cancels = [2 ** 31, 30 * DAY, Number.MAX_VALUE, Number.POSITIVE_INFINITY].map((each) =>
      systemClock.after(each, () => calls++),
    );
    const stop = new AbortController();
    const sleeps = [2 ** 31, Number.POSITIVE_INFINITY].map((each) =>
      systemClock.sleep(each, stop.signal).then(() => calls++),
    );
    await systemClock.sleep(20);
    equal(calls, 0);
    for (const cancel of cancels) cancel();
    stop.abort(new Error("enough"));
    for (const sleep of sleeps) await rejects(sleep, /enough/);
  });

  it("is cancelled at any time of a long wait", async (t) => {
    const pass = mocked(t);
    let calls = 0;
    const cancel = systemClock.after(40 * DAY, () => calls++);
    for (let day = 1; day < 30; day++) await pass(DAY);
    cancel();
    for (let day = 1; day < 30; day++) await pass(DAY);
    equal(calls, 0);
  });

  it("takes what is over for now, and refuses what is no number", async () => {
    const order: number[] = [];
    await systemClock.sleep(-1).then(() => order.push(1));
    await systemClock.sleep(Number.NEGATIVE_INFINITY).then(() => order.push(2));
    deepEqual(order, [1, 2]);
    throws(() => systemClock.after(Number.NaN, () => {}), RangeError);
    await rejects(systemClock.sleep(Number("soon")), RangeError);
  });
});
