import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { seededRandom } from "../../testing/seeded-random.ts";
import { type Balancer, createBalancer } from "./balancer.ts";
import { FIRST_OUT, LONGEST_OUT, MOST_FAILURES } from "./eject.ts";
import type { Instance, Outcome } from "./instance.ts";
import { WARM_UP } from "./warm-up.ts";

const origins = (count: number) => Array.from({ length: count }, (_, at) => `http://10.0.0.${at + 1}:80`);

function balancerOf(count: number) {
  const told = { addresses: origins(count) };
  const events: string[] = [];
  const balancer = createBalancer(() => told.addresses, {
    random: seededRandom(7),
    onEjection: ({ origin }, why) => events.push(`${origin.slice(14, -3)} ${why}`),
  });
  return { balancer, told, events };
}

/** Makes attempts one after the other, each as `outcome` says. Returns how many each instance got. */
function attempts(balancer: Balancer, count: number, now: number, outcome: (instance: Instance) => Outcome) {
  const got = new Map<string, number>();
  for (let attempt = 0; attempt < count; attempt += 1) {
    const instance = balancer.pick(now) as Instance;
    got.set(instance.origin, (got.get(instance.origin) ?? 0) + 1);
    balancer.done(instance, outcome(instance), now);
  }
  return (at: number) => got.get(origins(at + 1)[at] as string) ?? 0;
}

/** The outcome of attempts when the instances with these numbers are ill. */
const ill =
  (outcome: Outcome, ...numbers: number[]) =>
  ({ origin }: Instance): Outcome =>
    numbers.some((number) => origin === `http://10.0.0.${number}:80`) ? outcome : "good";

test("without an instance there is none to pick", () => {
  assert.equal(balancerOf(0).balancer.pick(0), undefined);
});

test("those with less under way get the next: nobody is ever far ahead", () => {
  const { balancer } = balancerOf(10);
  for (let attempt = 0; attempt < 1_000; attempt += 1) balancer.pick(WARM_UP);
  const underWay = balancer.instances().map(({ inFlight }) => inFlight);
  assert.ok(Math.max(...underWay) - Math.min(...underWay) <= 10, underWay.join(" "));
});

test("a retry goes elsewhere as long as there is one that was not tried", () => {
  const { balancer } = balancerOf(3);
  const tried = new Set<Instance>();
  for (let attempt = 0; attempt < 3; attempt += 1) {
    assert.equal(balancer.hasOther(0, tried), true);
    tried.add(balancer.pick(0, tried) as Instance);
  }
  assert.equal(tried.size, 3);
  assert.equal(balancer.hasOther(0, tried), false);
  assert.ok(balancer.pick(0, tried));
});

test("an instance that fails five times in a row is left out, and the others go on", () => {
  const { balancer, events } = balancerOf(4);
  attempts(balancer, 200, WARM_UP, ill("failed", 2));
  assert.deepEqual(events, ["2 failing"]);
  assert.equal(attempts(balancer, 200, WARM_UP, ill("failed", 2))(1), 0);
});

test("a good attempt in between, or one that tells nothing, keeps it in", () => {
  const { balancer, events } = balancerOf(2);
  attempts(balancer, 1, 0, () => "good");
  const [first] = balancer.instances();
  for (let attempt = 0; attempt < 50; attempt += 1) {
    for (let failure = 1; failure < MOST_FAILURES; failure += 1) balancer.done(first as Instance, "failed", 0);
    balancer.done(first as Instance, attempt % 2 === 0 ? "good" : "slow", 0);
    for (let nothing = 0; nothing < 9; nothing += 1) balancer.done(first as Instance, "unknown", 0);
    if (attempt % 2 === 1) for (let good = 0; good < 9; good += 1) balancer.done(first as Instance, "good", 0);
  }
  assert.deepEqual(events, []);
});

test("one that is slow while the others are not is left out; where all are slow, nobody is", () => {
  const one = balancerOf(4);
  attempts(one.balancer, 200, WARM_UP, ill("slow", 3));
  assert.deepEqual(one.events, ["3 slow"]);
  const all = balancerOf(4);
  attempts(all.balancer, 500, WARM_UP, () => "slow");
  assert.deepEqual(all.events, []);
});

test("at most half are left out; one more that fails makes room for the one that is due first", () => {
  const { balancer, events } = balancerOf(4);
  attempts(balancer, 2_000, WARM_UP, ill("failed", 1, 2, 3, 4));
  const out = () => balancer.instances().filter(({ outUntil }) => outUntil > 0).length;
  assert.equal(out(), 2);
  assert.ok(events.includes("1 back") && events.includes("2 back"), events.join());
  const single = balancerOf(1);
  attempts(single.balancer, 100, 0, () => "failed");
  assert.deepEqual(single.events, []);
});

test("when so many go that more than half of the rest are left out, some come back", () => {
  const { balancer, told } = balancerOf(4);
  attempts(balancer, 500, WARM_UP, ill("failed", 1, 2));
  told.addresses = origins(2);
  assert.ok(balancer.pick(WARM_UP));
  assert.equal(balancer.instances().filter(({ outUntil }) => outUntil > 0).length, 1);
});

test("who is back and still ill goes at the first failure, for twice as long, up to a minute", () => {
  const { balancer } = balancerOf(2);
  attempts(balancer, 1, 0, () => "good");
  const [sick] = balancer.instances() as [Instance, Instance];
  let now = 0;
  const times: number[] = [];
  for (let failure = 0; failure < MOST_FAILURES; failure += 1) balancer.done(sick, "failed", now);
  for (let round = 0; round < 6; round += 1) {
    times.push(sick.outFor);
    assert.ok(sick.outUntil - now > 0.74 * sick.outFor && sick.outUntil - now <= sick.outFor);
    now = sick.outUntil;
    balancer.pick(now);
    assert.equal(sick.outUntil, 0);
    balancer.done(sick, "failed", now);
  }
  assert.deepEqual(times, [5_000, 10_000, 20_000, 40_000, 60_000, 60_000]);
  balancer.pick(sick.outUntil);
  now = sick.since + LONGEST_OUT;
  balancer.done(sick, "good", now);
  for (let failure = 0; failure < MOST_FAILURES; failure += 1) balancer.done(sick, "failed", now);
  assert.equal(sick.outFor, FIRST_OUT, "it was well for a minute");
});

test("a new instance, and one that is back, gets its share little by little", () => {
  const { balancer, told } = balancerOf(4);
  attempts(balancer, 10, 0, () => "good");
  told.addresses = origins(5);
  attempts(balancer, 1, 100_000, () => "good");
  const shares = [0, 0.5, 1].map(
    (passed) => attempts(balancer, 4_000, 100_000 + passed * WARM_UP, () => "good")(4) / 4_000,
  );
  const [first, half, all] = shares as [number, number, number];
  assert.ok(first < 0.07 && half > 0.08 && half < 0.16 && all > 0.17 && all < 0.23, shares.join(" "));
});

type Event =
  | { readonly pick: null }
  | { readonly done: number; readonly outcome: Outcome }
  | { readonly wait: number }
  | { readonly known: readonly number[] };
const events: fc.Arbitrary<Event[]> = fc.array(
  fc.oneof(
    { weight: 40, arbitrary: fc.record({ pick: fc.constant(null) }) },
    {
      weight: 40,
      arbitrary: fc.record({
        done: fc.nat(1_000),
        outcome: fc.constantFrom<Outcome>("good", "failed", "failed", "failed", "slow", "unknown"),
      }),
    },
    { weight: 5, arbitrary: fc.record({ wait: fc.oneof(fc.nat(500), fc.nat(20_000)) }) },
    { weight: 1, arbitrary: fc.record({ known: fc.subarray([1, 2, 3, 4, 5, 6, 7, 8]) }) },
  ),
  { minLength: 1_000, maxLength: 1_000 },
);

test("whatever comes, only known instances are picked, at most half are left out, and nobody for more than a minute", () => {
  fc.assert(
    fc.property(events, fc.integer(), (happens, seed) => {
      let addresses: readonly string[] = origins(5);
      const balancer = createBalancer(() => addresses, { random: seededRandom(seed) });
      const underWay: Instance[] = [];
      let now = 0;
      for (const event of happens) {
        if ("known" in event) addresses = event.known.map((number) => `http://10.0.0.${number}:80`);
        else if ("wait" in event) now += event.wait;
        else if ("done" in event) {
          const [ended] = underWay.splice(event.done % (underWay.length || 1), 1);
          if (ended) balancer.done(ended, event.outcome, now);
        } else {
          const picked = balancer.pick(now);
          assert.equal(picked === undefined, addresses.length === 0);
          if (!picked) continue;
          assert.ok(addresses.includes(picked.origin));
          assert.equal(picked.outUntil, 0);
          underWay.push(picked);
          const all = balancer.instances();
          const out = all.filter(({ outUntil }) => outUntil > 0);
          assert.deepEqual(
            all.map(({ origin }) => origin),
            addresses,
          );
          assert.ok(out.length <= all.length / 2);
          for (const { outUntil } of out) assert.ok(outUntil > now && outUntil <= now + LONGEST_OUT);
          for (const one of all) assert.equal(one.inFlight, underWay.filter((each) => each === one).length);
        }
      }
    }),
    { numRuns: 100 },
  );
});
