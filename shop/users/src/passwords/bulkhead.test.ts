import assert from "node:assert/strict";
import { test } from "node:test";
import { unavailable } from "@flotilla/chassis/failure";
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

const by = (subject: string, network = "192.0.2.1") => ({ network, subject });
const ada = by("ada");

const settled = () => new Promise((resolve) => setImmediate(resolve));

test("no more works run at once than may, and the others follow in their order", async () => {
  const { begun, work, endOldest } = works();
  const admit = bulkhead({ atOnce: 2, waiting: 2 });
  const results = [1, 2, 3, 4].map((number) => admit(ada, work(number)));
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
  const accepted = [admit(ada, work(1)), admit(ada, work(2))];
  await assert.rejects(admit(ada, work(3)), (error) => unavailable.is(error) && error.retryAfter === 1);
  endOldest();
  await settled();
  endOldest();
  await Promise.all(accepted);
  assert.equal(await admit(ada, async () => 4), 4);
});

test("work that was called off while it waited is not begun, and its place goes to the next", async () => {
  const { begun, work, endOldest } = works();
  const admit = bulkhead({ atOnce: 1, waiting: 2 });
  const calledOff = new AbortController();
  const first = admit(ada, work(1));
  const second = admit(ada, work(2), calledOff.signal);
  const third = admit(ada, work(3));
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
    admit(ada, () => Promise.reject(new Error("broken"))),
    /broken/,
  );
  assert.equal(await admit(ada, async () => "fine"), "fine");
});

test("who asks for much waits behind those who ask for little, and is refused before them", async () => {
  const { begun, work, endOldest } = works();
  const admit = bulkhead({ atOnce: 1, waiting: 4 });
  const flood = [1, 2, 3, 4, 5].map((number) => admit(by("mallory"), work(number)));
  const refused = assert.rejects(flood[4] as Promise<number>, unavailable.is);
  const others = [admit(by("bob"), work(6)), admit(by("carol", "198.51.100.7"), work(7))];
  await refused;
  await assert.rejects(flood[3] as Promise<number>, unavailable.is);
  await assert.rejects(admit(by("mallory"), work(8)), unavailable.is);
  for (let n = 0; n < 5; n += 1) {
    await settled();
    endOldest();
  }
  assert.deepEqual(await Promise.all(others), [6, 7]);
  assert.deepEqual(begun.slice(0, 4), [1, 2, 7, 6]);
});
