import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { LEAST, retryBudget, SHARE, WINDOW } from "./retry-budget.ts";

const count = (times: number, act: () => boolean | void) =>
  Array.from({ length: times }, act).filter((done) => done === true).length;

test("a fifth of the calls of ten seconds may be tried again", () => {
  const budget = retryBudget();
  count(1_000, () => budget.call(500));
  assert.equal(
    count(1_000, () => budget.retry(600)),
    200,
  );
  assert.equal(budget.retry(9_999), false);
});

test("three retries a second are allowed however few calls there are", () => {
  const budget = retryBudget();
  budget.call(0);
  for (let second = 0; second < 60; second += 1) {
    assert.equal(
      count(10, () => budget.retry(second * 1_000)),
      3,
    );
  }
});

test("what was not used is gone after ten seconds", () => {
  const budget = retryBudget();
  count(1_000, () => budget.call(0));
  assert.equal(
    count(100, () => budget.retry(10_000)),
    3,
  );
});

type Event = { readonly wait: number } | { readonly calls: number } | { readonly retries: number };
const events: fc.Arbitrary<Event[]> = fc.array(
  fc.oneof(
    fc.record({ calls: fc.nat(30) }),
    fc.record({ retries: fc.nat(30) }),
    fc.record({ wait: fc.oneof(fc.nat(200), fc.nat(15_000)) }),
  ),
  { minLength: 200, maxLength: 200 },
);

test("whatever comes, exactly what the rules allow is allowed, and never more than the bounds", () => {
  fc.assert(
    fc.property(events, (happens) => {
      const budget = retryBudget();
      const calls: number[] = [];
      const retries: number[] = [];
      let now = 0;
      const within = (times: number[], seconds: number) =>
        times.filter((time) => Math.floor(time / 1_000) > Math.floor(now / 1_000) - seconds).length;
      for (const event of happens) {
        if ("wait" in event) now += event.wait;
        if ("calls" in event) {
          count(event.calls, () => budget.call(now));
          calls.push(...Array<number>(event.calls).fill(now));
        }
        if ("retries" in event) {
          for (let each = 0; each < event.retries; each += 1) {
            const [made, recent] = [within(retries, WINDOW), within(retries, 1)];
            const share = SHARE * within(calls, WINDOW);
            const may = made + 1 <= share || (made < LEAST * WINDOW && recent < LEAST);
            assert.equal(budget.retry(now), may);
            if (!may) continue;
            retries.push(now);
            assert.ok(made + 1 <= Math.max(share, LEAST * WINDOW));
          }
        }
      }
      const seconds = Math.floor(now / 1_000) + WINDOW;
      assert.ok(retries.length <= SHARE * calls.length + LEAST * seconds);
    }),
    { numRuns: 60 },
  );
});

test("a storm through three hops arrives at most 1.2 times as strong at each", () => {
  const HOPS = 3;
  const arrived = Array<number>(HOPS + 1).fill(0);
  const budgets = Array.from({ length: HOPS }, retryBudget);
  /** Every hop but the last calls the next; the last always fails, and each tries thrice at most. */
  const call = (hop: number, now: number): void => {
    arrived[hop] = (arrived[hop] as number) + 1;
    const budget = budgets[hop];
    if (!budget) return;
    budget.call(now);
    call(hop + 1, now);
    for (let again = 0; again < 2 && budget.retry(now); again += 1) call(hop + 1, now);
  };
  for (let now = 0; now < 60_000; now += 10) call(0, now);
  for (let hop = 0; hop < HOPS; hop += 1) {
    const amplified = (arrived[hop + 1] as number) / (arrived[hop] as number);
    assert.ok(amplified > 1.1 && amplified <= 1.2, `hop ${hop}: ${amplified}`);
  }
});
