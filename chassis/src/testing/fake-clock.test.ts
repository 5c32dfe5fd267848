import assert from "node:assert/strict";
import { test } from "node:test";
import { fakeClock } from "./fake-clock.ts";

test("time stands still until it is advanced", async () => {
  const clock = fakeClock(new Date("2030-06-01T00:00:00Z"));
  await clock.advance(1_500);
  assert.equal(clock.monotonic(), 1_500);
  assert.equal(clock.now().toISOString(), "2030-06-01T00:00:01.500Z");
});

test("sleepers wake in the order of their times, each at its own time, also those that fall asleep on the way", async () => {
  const clock = fakeClock();
  const woken: [string, number][] = [];
  const sleep = async (name: string, ...naps: number[]) => {
    for (const nap of naps) {
      await clock.sleep(nap);
      woken.push([name, clock.monotonic()]);
    }
  };
  void sleep("late", 300);
  void sleep("often", 100, 100, 150);
  await clock.advance(320);
  assert.deepEqual(woken, [
    ["often", 100],
    ["often", 200],
    ["late", 300],
  ]);
  assert.equal(clock.sleepers(), 1);
});

test("an aborted sleep rejects with the reason and leaves nobody asleep", async () => {
  const clock = fakeClock();
  const controller = new AbortController();
  const sleeping = clock.sleep(1_000, controller.signal);
  controller.abort(new Error("enough"));
  await assert.rejects(sleeping, /enough/);
  await assert.rejects(clock.sleep(1_000, controller.signal), /enough/);
  assert.equal(clock.sleepers(), 0);
});
