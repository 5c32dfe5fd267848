import assert from "node:assert/strict";
import { test } from "node:test";
import { createBalancer } from "../targets/balancer.ts";
import type { Outcome } from "../targets/instance.ts";
import { circuitBreaker } from "./circuit-breaker.ts";
import { createGuard, type GuardedAttempt } from "./guard.ts";

const SLOW_AFTER = 1_000;

/** A guard before instances with these numbers, to be asked ten times a second. */
function guardOf(count: number) {
  const origins = Array.from({ length: count }, (_, at) => `http://10.0.0.${at}`);
  const out: string[] = [];
  const balancer = createBalancer(() => origins, {
    random: Math.random,
    onEjection: ({ origin }, why) => out.push(`${origin.slice(14)} ${why}`),
  });
  const breaker = circuitBreaker(() => {});
  const guard = createGuard(balancer, breaker);
  let now = 0;
  const begin = () => {
    now += 100;
    return guard.begin(now, SLOW_AFTER);
  };
  const ask = (outcome: (origin: string) => Outcome) => {
    const attempt = begin();
    if (typeof attempt !== "string") guard.end(attempt, outcome(attempt.instance.origin), now);
    return attempt;
  };
  return { guard, breaker, balancer, out, begin, ask, now: () => now };
}

test("a service that just hangs is noticed within two seconds, before any of its attempts has ended", () => {
  const { begin, ask, breaker, now } = guardOf(1);
  for (let time = 0; time < 30; time += 1) ask(() => "good");
  const hangs = now();
  while (breaker.state() === "closed" && now() < 20_000) begin();
  assert.equal(breaker.state(), "open");
  assert.ok(now() - hangs <= 2_000, `${now() - hangs} ms`);
});

test("one instance that hangs is left out within seconds; the circuit stays closed, for another is well", () => {
  const { guard, begin, ask, breaker, out, now } = guardOf(2);
  for (let time = 0; time < 30; time += 1) ask(() => "good");
  const hangs = now();
  while (out.length === 0 && now() < 20_000) {
    const attempt = begin() as GuardedAttempt;
    if (attempt.instance.origin.endsWith("1")) guard.end(attempt, "good", now());
  }
  assert.deepEqual(out, ["0 slow"]);
  assert.ok(now() - hangs <= 10_000, `${now() - hangs} ms`);
  assert.equal(breaker.state(), "closed");
});

test("half of all attempts fail at one dead instance: it is left out, and the circuit stays closed", () => {
  const { guard, breaker, out, now } = guardOf(2);
  const burst = Array.from({ length: 64 }, () => guard.begin(now(), SLOW_AFTER) as GuardedAttempt);
  for (const attempt of burst) guard.end(attempt, attempt.instance.origin.endsWith("1") ? "failed" : "good", now());
  assert.deepEqual(out, ["1 failing"]);
  assert.equal(breaker.state(), "closed");
});

test("when all instances fail, the circuit opens", () => {
  const { ask, breaker } = guardOf(3);
  for (let attempt = 0; attempt < 40; attempt += 1) ask(() => "failed");
  assert.equal(breaker.state(), "open");
  assert.equal(
    ask(() => "good"),
    "open",
  );
});

test("without an instance nobody is asked, and nothing is held against the service", () => {
  const { ask, breaker } = guardOf(0);
  for (let attempt = 0; attempt < 40; attempt += 1)
    assert.equal(
      ask(() => "failed"),
      "nobody",
    );
  assert.equal(breaker.state(), "closed");
});

test("every attempt is taken off the account of its instance", () => {
  const { begin, guard, balancer, now } = guardOf(2);
  const attempts = [begin(), begin(), begin()] as GuardedAttempt[];
  for (const attempt of attempts) guard.end(attempt, "unknown", now());
  assert.deepEqual(
    balancer.instances().map(({ inFlight }) => inFlight),
    [0, 0],
  );
});
