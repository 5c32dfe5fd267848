import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Outcome } from "../targets/instance.ts";
import {
  type CircuitState,
  circuitBreaker,
  FIRST_OPEN,
  LEAST_ATTEMPTS,
  LONGEST_OPEN,
  MOST_BAD,
  type Pass,
  PROBES,
  WINDOW,
} from "./circuit-breaker.ts";

/** A breaker, and attempts at it that end at once. */
function breakerAt(start = 0) {
  const changes: CircuitState[] = [];
  const breaker = circuitBreaker((state) => changes.push(state));
  let now = start;
  const attempt = (outcome: Outcome) => {
    const pass = breaker.begin(now);
    if (pass) breaker.end(pass, outcome, now);
    return pass !== undefined;
  };
  return {
    breaker,
    changes,
    attempt,
    attempts: (count: number, outcome: Outcome) => Array.from({ length: count }, () => attempt(outcome)),
    pass: (milliseconds: number) => (now += milliseconds),
    now: () => now,
    state: breaker.state,
  };
}

/** A breaker that has just opened. */
function opened() {
  const made = breakerAt();
  made.attempts(LEAST_ATTEMPTS, "failed");
  assert.equal(made.state(), "open");
  return made;
}

test("it opens when half of ten attempts failed, and then lets nobody through", () => {
  const { attempts, attempt, state } = breakerAt();
  attempts(5, "good");
  attempts(4, "failed");
  assert.equal(state(), "closed");
  attempt("failed");
  assert.equal(state(), "open");
  assert.equal(attempt("good"), false);
});

test("slow attempts count like failed ones, refusals and those that tell nothing do not", () => {
  const slow = breakerAt();
  slow.attempts(6, "slow");
  slow.attempts(4, "failed");
  assert.equal(slow.state(), "open");
  const unknown = breakerAt();
  unknown.attempts(50, "unknown");
  assert.equal(unknown.state(), "closed");
});

test("failures that are two seconds old are forgotten", () => {
  const { attempts, pass, state } = breakerAt();
  attempts(9, "failed");
  pass(WINDOW);
  attempts(9, "failed");
  assert.equal(state(), "closed");
});

test("an attempt that is known to be slow counts before it has ended, and once", () => {
  const { breaker, now, state } = breakerAt();
  const passes = Array.from({ length: LEAST_ATTEMPTS }, () => breaker.begin(now()) as Pass);
  for (const pass of passes.slice(1)) breaker.slow(pass, now());
  for (const pass of passes.slice(2)) breaker.end(pass, "slow", now());
  assert.equal(state(), "closed");
  breaker.slow(passes[0] as Pass, now());
  assert.equal(state(), "open");
});

test("after a second it lets three through at once, and closes when all three were good", () => {
  const { breaker, changes, pass, now, attempt } = opened();
  pass(FIRST_OPEN - 1);
  assert.equal(breaker.opensIn(now()), 1);
  assert.equal(attempt("good"), false);
  pass(1);
  const probes = Array.from({ length: PROBES }, () => breaker.begin(now()) as Pass);
  assert.equal(attempt("good"), false, "a fourth has to wait");
  for (const probe of probes) breaker.end(probe, "good", now());
  assert.deepEqual(changes, ["open", "half-open", "closed"]);
  assert.equal(attempt("good"), true);
});

test("one that is not good opens it again, for twice as long, up to four seconds", () => {
  const { breaker, pass, now, attempt, state } = opened();
  const times = ["failed", "slow", "failed", "failed"].map((outcome) => {
    pass(breaker.opensIn(now()));
    assert.ok(attempt(outcome as Outcome));
    assert.equal(state(), "open");
    return breaker.opensIn(now());
  });
  assert.deepEqual(times, [2_000, 4_000, 4_000, 4_000]);
});

test("attempts that tell nothing, or hang, do not leave it half-open for ever", () => {
  const { breaker, pass, now, attempts, attempt, state } = opened();
  pass(FIRST_OPEN);
  assert.deepEqual(attempts(20, "unknown"), Array(20).fill(true));
  assert.equal(state(), "half-open");
  const probes = Array.from({ length: PROBES }, () => breaker.begin(now()) as Pass);
  assert.equal(attempt("good"), false);
  breaker.slow(probes[1] as Pass, now());
  assert.equal(state(), "open", "a probe that hangs is a bad one");
  pass(LONGEST_OPEN);
  assert.deepEqual(attempts(3, "good"), [true, true, true]);
  assert.equal(state(), "closed");
});

test("an attempt that began before the circuit opened tells nothing of what is after", () => {
  const { breaker, pass, now, attempts, state } = breakerAt();
  const old = breaker.begin(now()) as Pass;
  attempts(LEAST_ATTEMPTS, "failed");
  pass(FIRST_OPEN);
  attempts(1, "unknown");
  breaker.end(old, "failed", now());
  assert.equal(state(), "half-open");
});

type Event =
  | { readonly begin: null }
  | { readonly slow: number }
  | { readonly end: number; readonly outcome: Outcome }
  | { readonly wait: number };

const events: fc.Arbitrary<Event[]> = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: fc.record({ begin: fc.constant(null) }) },
    { weight: 1, arbitrary: fc.record({ slow: fc.nat(1_000) }) },
    {
      weight: 5,
      arbitrary: fc.record({
        end: fc.nat(1_000),
        outcome: fc.constantFrom<Outcome>("good", "good", "good", "failed", "failed", "slow", "unknown"),
      }),
    },
    { weight: 2, arbitrary: fc.record({ wait: fc.oneof(fc.nat(300), fc.nat(3_000)) }) },
  ),
  { minLength: 1_000, maxLength: 1_000 },
);

/** The rules again, as plainly as they can be said: everything is remembered and counted anew each time. */
function model() {
  const slot = (time: number) => Math.floor(time / 200);
  let state: CircuitState = "closed";
  let verdicts: { at: number; bad: boolean }[] = [];
  let openFor = 0;
  let openUntil = 0;
  let good = 0;
  let current: { pass: Pass; judged: boolean }[] = [];
  const change = (next: CircuitState) => {
    [state, verdicts, current, good] = [next, [], [], 0];
  };
  const open = (now: number) => {
    openFor = state === "half-open" ? Math.min(LONGEST_OPEN, openFor * 2) : FIRST_OPEN;
    openUntil = now + openFor;
    change("open");
  };
  const judge = (bad: boolean, now: number) => {
    if (state === "half-open") {
      if (bad) return open(now);
      good += 1;
      return good === PROBES ? change("closed") : undefined;
    }
    verdicts.push({ at: now, bad });
    const recent = verdicts.filter(({ at }) => slot(at) > slot(now) - WINDOW / 200);
    const share = recent.filter((verdict) => verdict.bad).length / recent.length;
    if (bad && recent.length >= LEAST_ATTEMPTS && share >= MOST_BAD) open(now);
  };
  const known = (pass: Pass) => current.find((each) => each.pass === pass);
  return {
    mayBegin(now: number): boolean {
      if (state === "open" && now >= openUntil) change("half-open");
      return state === "closed" || (state === "half-open" && current.length + good < PROBES);
    },
    begun: (pass: Pass) => current.push({ pass, judged: false }),
    slow(pass: Pass, now: number) {
      const one = known(pass);
      if (!one || one.judged) return;
      one.judged = true;
      judge(true, now);
    },
    end(pass: Pass, outcome: Outcome, now: number) {
      const one = known(pass);
      current = current.filter((each) => each !== one);
      if (one && !one.judged && outcome !== "unknown") judge(outcome !== "good", now);
    },
    state: () => state,
  };
}

test("whatever comes, it does as its rules say, and is never stuck", () => {
  fc.assert(
    fc.property(events, (happens) => {
      const expected = model();
      const breaker = circuitBreaker(() => {});
      const underWay: Pass[] = [];
      let now = 0;
      for (const event of happens) {
        if ("wait" in event) now += event.wait;
        else if ("begin" in event) {
          const may = expected.mayBegin(now);
          const pass = breaker.begin(now);
          assert.equal(pass !== undefined, may);
          if (!pass) continue;
          expected.begun(pass);
          underWay.push(pass);
        } else if ("slow" in event) {
          const pass = underWay[event.slow % (underWay.length || 1)];
          if (!pass) continue;
          expected.slow(pass, now);
          breaker.slow(pass, now);
        } else if (underWay.length > 0) {
          const [pass] = underWay.splice(event.end % underWay.length, 1) as [Pass];
          expected.end(pass, event.outcome, now);
          breaker.end(pass, event.outcome, now);
        }
        assert.equal(breaker.state(), expected.state());
      }
      // When all is over and everybody answers well, it closes after the longest pause.
      for (const pass of underWay) breaker.end(pass, "unknown", now);
      now += LONGEST_OPEN;
      for (let attempt = 0; attempt < 20; attempt += 1) {
        const pass = breaker.begin(now);
        if (pass) breaker.end(pass, "good", now);
      }
      assert.equal(breaker.state(), "closed");
    }),
    { numRuns: 100 },
  );
});
