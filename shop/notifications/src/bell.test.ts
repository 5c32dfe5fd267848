import assert from "node:assert/strict";
import { test } from "node:test";
import { fakeClock } from "@flotilla/chassis/testing";
import { newBell } from "./bell.ts";

test("a ring ends the wait; without one it ends after its time", async () => {
  const clock = fakeClock();
  const bell = newBell(clock);
  const rung = bell.wait(1_000);
  bell.ring();
  assert.equal(await rung, true);
  const silent = bell.wait(1_000);
  await clock.advance(1_000);
  assert.equal(await silent, false);
});

test("a ring before the wait is not lost, and counts once", async () => {
  const clock = fakeClock();
  const bell = newBell(clock);
  bell.ring();
  bell.ring();
  assert.equal(await bell.wait(1_000), true);
  const silent = bell.wait(1_000);
  await clock.advance(1_000);
  assert.equal(await silent, false);
});
