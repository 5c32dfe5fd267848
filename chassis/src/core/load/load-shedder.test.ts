import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { seededRandom } from "../../testing/seeded-random.ts";
import { createLoadShedder, type LoadShedder } from "./load-shedder.ts";

const LEAST = 64;
const MOST = 2_000;

test("over 100,000 random events the limit stays in its bounds, nobody is let in beyond it, and it is never stuck", () => {
  const seed = 20_260_731;
  const random = seededRandom(seed);
  const shedder = createLoadShedder();
  let now = 0;
  let underWay = 0;
  for (let event = 0; event < 100_000; event++) {
    now += random() < 0.01 ? random() * 5_000 : random() * 10;
    const choice = random();
    if (choice < 0.5) {
      const priority = random() < 0.2 ? "high" : "normal";
      const admitted = shedder.admit(priority, now);
      // The limit that decided is the one that is told afterwards: it changes only before the decision.
      const allowed = priority === "high" ? 2 * shedder.limit() : shedder.limit();
      assert.equal(admitted, underWay < allowed, `event ${event} of seed ${seed}`);
      if (admitted) underWay += 1;
    } else if (choice < 0.8) {
      if (underWay > 0) {
        shedder.done();
        underWay -= 1;
      }
    } else {
      const wait = random() < 0.5 ? random() * 20 : random() ** 4 * 100_000;
      shedder.waited(random() < 0.5 ? "turn" : "connection", wait, now);
    }
    assert.equal(shedder.underWay(), underWay);
    assert.ok(Number.isInteger(shedder.limit()) && shedder.limit() >= LEAST && shedder.limit() <= MOST);
    if (underWay === 0) assert.ok(letsIn(shedder, now), "stuck");
  }
});

function letsIn(shedder: LoadShedder, now: number): boolean {
  const admitted = shedder.admit("normal", now);
  if (admitted) shedder.done();
  return admitted;
}

test("whatever happened before, it comes back to its most once nobody waits and many come", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 100_000 }), { minLength: 10, maxLength: 200 }), (waits) => {
      const shedder = createLoadShedder();
      let now = 0;
      for (const wait of waits) {
        now += 50;
        shedder.waited("turn", wait, now);
      }
      for (let round = 0; round < 200; round++) {
        let admitted = 0;
        while (shedder.admit("normal", now)) admitted += 1;
        for (let sample = 0; sample < 5; sample++) {
          now += 25;
          shedder.waited("turn", 1, now);
        }
        for (let one = 0; one < admitted; one++) shedder.done();
      }
      return shedder.limit() === MOST;
    }),
    { numRuns: 20 },
  );
});

test("a burst that is over soon refuses nobody, and neither does a single stall", () => {
  const shedder = createLoadShedder();
  for (let one = 0; one < 300; one++) assert.ok(shedder.admit("normal", 0));
  shedder.waited("turn", 3_000, 3_000);
  for (const wait of [80, 2, 90, 70]) shedder.waited("turn", wait, 3_050 + wait);
  assert.ok(shedder.limit() > 1_000);
});

test("a queue in which little happens is judged as well, and holds the limit until it is", () => {
  const shedder = createLoadShedder();
  for (let one = 0; one < 500; one++) shedder.admit("normal", 0);
  const limits: number[] = [];
  for (let now = 50; now <= 1_000; now += 50) {
    shedder.waited("turn", 1, now);
    // Eight in a second: never three in a window.
    if (now % 125 < 50) shedder.waited("connection", 900, now);
    limits.push(shedder.limit());
  }
  assert.ok(shedder.limit() < 300, `${limits}`);
  for (let now = 1_050; now <= 20_000; now += 30) shedder.waited("turn", 1, now);
  assert.equal(shedder.limit(), MOST, "what was waited long ago says nothing");
});

test("when normal requests are refused, those of high priority still get in, and are refused at twice the limit", () => {
  const shedder = createLoadShedder({ least: 4, most: 4 });
  const admitted = (priority: "normal" | "high", times: number) =>
    Array.from({ length: times }, () => shedder.admit(priority, 0)).filter(Boolean).length;
  assert.equal(admitted("normal", 10), 4);
  assert.equal(admitted("high", 10), 4);
  assert.equal(admitted("high", 1), 0);
});

/**
 * A process that works off one piece of work after the other, `milliseconds` each; all refusals together take a tenth of its time. Requests
 * come evenly, so many times as fast as it can work. Returns what share of its time it worked for those whom it let in, and how long they waited.
 */
function overloaded(times: number, milliseconds: number) {
  const shedder = createLoadShedder();
  const ends: number[] = [];
  const waits: number[] = [];
  let freeAt = 0;
  let useful = 0;
  const length = 20_000;
  for (let now = 0; now < length; now += milliseconds / times) {
    while ((ends[0] ?? Number.POSITIVE_INFINITY) <= now) {
      ends.shift();
      shedder.done();
    }
    freeAt = Math.max(freeAt, now);
    const wait = freeAt - now;
    if (!shedder.admit("normal", now)) {
      freeAt += milliseconds / 10 / times;
      continue;
    }
    freeAt += milliseconds;
    ends.push(freeAt);
    shedder.waited("turn", wait, now);
    if (now > 5_000) {
      waits.push(wait);
      useful += milliseconds;
    }
  }
  waits.sort((a, b) => a - b);
  return { goodput: useful / (length - 5_000), p99: waits[Math.floor(waits.length * 0.99)] as number };
}

for (const [times, share] of [
  [2, 0.9],
  [5, 0.85],
  [10, 0.8],
] as const) {
  test(`offered ${times} times what it can do, a model does at least ${share * 100} % of it, and waits stay near the target`, () => {
    const { goodput, p99 } = overloaded(times, 0.5);
    assert.ok(goodput >= share, `goodput ${goodput}`);
    assert.ok(p99 <= 60, `p99 ${p99} ms`);
  });
}

test("a caller who fills all places takes none of those who have little under way", () => {
  const shedder = createLoadShedder({ least: 10, most: 10 });
  const admitted = (caller: string, times: number) =>
    Array.from({ length: times }, () => shedder.admit("normal", 0, caller)).filter(Boolean).length;
  assert.equal(admitted("flood", 100), 10, "alone, all places are a caller's");
  assert.equal(admitted("ann", 100), 5, "an equal share, beyond what is taken");
  assert.equal(admitted("bob", 100), 3);
  assert.equal(admitted("flood", 100), 0);
  shedder.done("ann");
  assert.equal(admitted("ann", 1), 0, "more than a third is no little");
  for (let one = 0; one < 8; one++) shedder.done("flood");
  assert.equal(admitted("cleo", 100), 2, "a share among four is two");
  assert.equal(shedder.underWay(), 11);
});

test("of many callers with one request each no more than the limit are let in", () => {
  const shedder = createLoadShedder({ least: 10, most: 10 });
  const admitted = Array.from({ length: 50 }, (_, at) => shedder.admit("normal", 0, `user ${at}`));
  assert.equal(admitted.filter(Boolean).length, 10);
});
