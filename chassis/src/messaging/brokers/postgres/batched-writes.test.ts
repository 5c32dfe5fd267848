import { deepEqual, equal } from "node:assert/strict";
import { describe, it } from "node:test";
import { fakeClock } from "../../../testing/fake-clock.ts";
import { quiet } from "../../messaging.fixture.ts";
import { createBatchedWrites } from "./batched-writes.ts";

function writesUnderTest() {
  const clock = fakeClock();
  const batches: number[][] = [];
  const ends: ((error?: Error) => void)[] = [];
  const writes = createBatchedWrites<number>({
    clock,
    log: quiet,
    write: (items) => {
      batches.push([...items]);
      return new Promise((resolve, reject) => ends.push((error) => (error ? reject(error) : resolve())));
    },
  });
  const end = async (error?: Error) => {
    ends.shift()?.(error);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { clock, batches, writes, end };
}

describe("batched writes", () => {
  it("write the first at once, and what comes meanwhile together", async () => {
    const { batches, writes, end } = writesUnderTest();
    writes.add([1]);
    writes.add([2]);
    writes.add([3, 4]);
    await end();
    await end();
    writes.add([5]);
    deepEqual(batches, [[1], [2, 3, 4], [5]]);
  });

  it("try again what failed, with what came meanwhile", async () => {
    const { clock, batches, writes, end } = writesUnderTest();
    writes.add([1]);
    await end(new Error("away"));
    writes.add([2]);
    await clock.advance(2_000);
    await end();
    deepEqual(batches, [[1], [1, 2]]);
  });

  it("give up when they are abandoned", async () => {
    const { clock, batches, writes, end } = writesUnderTest();
    writes.add([1]);
    writes.abandon();
    await end(new Error("away"));
    writes.add([2]);
    await clock.advance(60_000);
    deepEqual(batches, [[1]]);
  });

  it("finish with everything written, and give up what takes too long", async () => {
    const quick = writesUnderTest();
    quick.writes.add([1]);
    quick.writes.add([2]);
    const finished = quick.writes.finish(5_000);
    await quick.end();
    await quick.end();
    await finished;
    deepEqual(quick.batches, [[1], [2]]);
    const slow = writesUnderTest();
    slow.writes.add([1]);
    const givenUp = slow.writes.finish(5_000);
    await slow.clock.advance(5_000);
    await givenUp;
    equal(slow.clock.sleepers(), 0);
  });
});
