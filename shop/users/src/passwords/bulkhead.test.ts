import assert from "node:assert/strict";
import { test } from "node:test";
import { unavailable } from "@flotilla/chassis/core/failure";
import { bulkhead } from "./bulkhead.ts";

/** Works that end when they are told to, and the order in which they began. */
function works() {
  const begun: number[] = [];
  const ends: (() => void)[] = [];
  const work = (number: number) => async () => {
    begun.push(number);
    await new Promise<void>((resolve) => ends.push(resolve));
    return number;
  };
  return { begun, work, endOldest: () => ends.shift()?.() };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test("no more works run at once than may, and the others follow in their order", async () => {
  const { begun, work, endOldest } = works();
  const admit = bulkhead({ atOnce: 2, waiting: 2 });
  const results = [1, 2, 3, 4].map((number) => admit(work(number)));
  await settled();
  assert.deepEqual(begun, [1, 2]);
  for (const expected of [
    [1, 2, 3],
    [1, 2, 3, 4],
    [1, 2, 3, 4],
    [1, 2, 3, 4],
  ]) {
    endOldest();
    await settled();
    assert.deepEqual(begun, expected);
  }
  assert.deepEqual(await Promise.all(results), [1, 2, 3, 4]);
});

test("work that finds the queue full is refused at once, and there is room again afterwards", async () => {
  const { work, endOldest } = works();
  const admit = bulkhead({ atOnce: 1, waiting: 1 });
  const accepted = [admit(work(1)), admit(work(2))];
  await assert.rejects(admit(work(3)), (error) => unavailable.is(error) && error.retryAfter === 1);
  endOldest();
  await settled();
  endOldest();
  await Promise.all(accepted);
  assert.equal(await admit(async () => 4), 4);
});

test("work that was called off while it waited is not begun, and its place goes to the next", async () => {
  const { begun, work, endOldest } = works();
  const admit = bulkhead({ atOnce: 1, waiting: 2 });
  const calledOff = new AbortController();
  const first = admit(work(1));
  const second = admit(work(2), calledOff.signal);
  const third = admit(work(3));
  await settled();
  calledOff.abort(new Error("gone"));
  endOldest();
  await assert.rejects(second, /gone/);
  await settled();
  endOldest();
  await Promise.all([first, third]);
  assert.deepEqual(begun, [1, 3]);
});

test("work that fails gives its place back", async () => {
  const admit = bulkhead({ atOnce: 1, waiting: 0 });
  await assert.rejects(
    admit(() => Promise.reject(new Error("broken"))),
    /broken/,
  );
  assert.equal(await admit(async () => "fine"), "fine");
});
