import { deepEqual, equal } from "node:assert/strict";
import { describe, it } from "node:test";
import { createLanes } from "./lanes.ts";

type Item = { lane: string; number: number };
const item = (lane: string, number: number): Item => ({ lane, number });

/** Lanes whose items end when the test says so, and with what it says. */
function lanesUnderTest(concurrency: number) {
  const begun: Item[] = [];
  const dropped: Item[] = [];
  const ends = new Map<Item, (goOn: boolean) => void>();
  const lanes = createLanes<Item>({
    concurrency,
    work: (each) => {
      begun.push(each);
      return new Promise((resolve) => ends.set(each, resolve));
    },
    drop: (items) => dropped.push(...items),
  });
  const end = async (each: Item, goOn = true) => {
    ends.get(each)?.(goOn);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { lanes, begun, dropped, end };
}

describe("lanes", () => {
  it("do one item of a lane at a time, and lanes in turns within the concurrency", async () => {
    const { lanes, begun, end } = lanesUnderTest(2);
    const [a1, a2, b1, c1] = [item("a", 1), item("a", 2), item("b", 1), item("c", 1)];
    lanes.add([a1, a2, b1, c1]);
    deepEqual(begun, [a1, b1]);
    await end(a1);
    deepEqual(begun, [a1, b1, c1]);
    await end(b1);
    deepEqual(begun, [a1, b1, c1, a2]);
    await end(c1);
    await end(a2);
    equal(lanes.size(), 0);
  });

  it("drop what waits in a lane whose item did not go well, and nothing else", async () => {
    const { lanes, begun, dropped, end } = lanesUnderTest(1);
    const [a1, a2, a3, b1] = [item("a", 1), item("a", 2), item("a", 3), item("b", 1)];
    lanes.add([a1, a2, a3, b1]);
    await end(a1, false);
    deepEqual(dropped, [a2, a3]);
    deepEqual(begun, [a1, b1]);
    equal(lanes.size(), 1);
  });

  it("begin nothing once they are halted, and hand back what waits, also what is added later", async () => {
    const { lanes, begun, end } = lanesUnderTest(2);
    const [a1, a2, b1] = [item("a", 1), item("a", 2), item("b", 1)];
    lanes.add([a1, a2]);
    lanes.halt();
    lanes.add([b1]);
    const drained = lanes.drain();
    await end(a1);
    deepEqual(await drained, [a2, b1]);
    deepEqual(begun, [a1]);
  });
});
