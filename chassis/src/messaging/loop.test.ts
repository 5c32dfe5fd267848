import { equal } from "node:assert/strict";
import { describe, it } from "node:test";
import { fakeClock } from "../testing/fake-clock.ts";
import { startLoop } from "./loop.ts";
import { quiet } from "./messaging.fixture.ts";

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe("loop", () => {
  it("goes on at once while there is more, then waits for the interval or to be woken", async () => {
    const clock = fakeClock();
    let rounds = 0;
    const loop = startLoop({ name: "test", clock, log: quiet, interval: 1_000, round: async () => ++rounds < 3 });
    await settled();
    equal(rounds, 3);
    await clock.advance(999);
    equal(rounds, 3);
    await clock.advance(1);
    equal(rounds, 4);
    loop.wake();
    await settled();
    equal(rounds, 5);
    await loop.stop();
    loop.wake();
    await clock.advance(5_000);
    equal(rounds, 5);
  });

  it("looks again when it was woken during a round", async () => {
    const clock = fakeClock();
    let rounds = 0;
    const loop = startLoop({
      name: "test",
      clock,
      log: quiet,
      interval: 1_000,
      async round() {
        rounds += 1;
        await settled();
        return false;
      },
    });
    loop.wake();
    await settled();
    await settled();
    equal(rounds, 2);
    await loop.stop();
  });

  it("waits after a failure however often it is woken", async () => {
    const clock = fakeClock();
    let rounds = 0;
    const loop = startLoop({
      name: "test",
      clock,
      log: quiet,
      interval: 3_600_000,
      async round() {
        rounds += 1;
        throw new Error("away");
      },
    });
    await settled();
    for (let times = 0; times < 10; times++) {
      loop.wake();
      await settled();
    }
    equal(rounds, 1);
    await clock.advance(100);
    equal(rounds > 1, true);
    await loop.stop();
  });
});
