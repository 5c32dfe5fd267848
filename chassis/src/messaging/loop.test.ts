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

describe("a loop at rest", () => {
  it("rests after a round that may be followed soon, however often it is woken, as long as that takes more to come together", async () => {
    const clock = fakeClock();
    let rounds = 0;
    const takes = [4, 400, 0];
    const loop = startLoop({
      name: "test",
      clock,
      log: quiet,
      interval: 1_000,
      async round() {
        rounds += 1;
        await clock.advance(takes[rounds - 1] ?? 0);
        return rounds < 3 && "soon";
      },
    });
    await settled();
    loop.wake();
    await settled();
    equal(rounds, 1);
    await clock.advance(11);
    equal(rounds, 1, "three times four milliseconds");
    await clock.advance(1);
    await settled();
    equal(rounds, 2);
    await clock.advance(49);
    loop.wake();
    await settled();
    equal(rounds, 2, "at most fifty");
    await clock.advance(1);
    await settled();
    equal(rounds, 3);
    loop.wake();
    await clock.advance(0);
    equal(rounds, 4, "what found nothing is woken at once");
    await loop.stop();
  });

  it("ends its rest when it is stopped", async () => {
    const clock = fakeClock();
    const loop = startLoop({
      name: "test",
      clock,
      log: quiet,
      interval: 1_000,
      async round() {
        await clock.advance(10);
        return "soon";
      },
    });
    await settled();
    await loop.stop();
  });
});
