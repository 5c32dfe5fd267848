import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { fakeClock } from "../../testing/fake-clock.ts";
import type { Fault, Scenario, StepName } from "./faulty-services.fixture.ts";
import { type Ending, play } from "./saga-world.fixture.ts";

const refusals: (StepName | undefined)[] = [undefined, "reserve", "charge", "ship", "confirm"];

/** What must hold however a scenario went; `refuses` and `silent` say how it may end. */
function assertInvariants({ refuses, silent }: Scenario, ending: Ending): void {
  const { instance, confirmed, rejected, accounts, undone } = ending;
  const steps = [...accounts.values()].map(({ step }) => step);
  assert.equal(new Set(steps).size, steps.length, "a step used more than one key");
  for (const { step, done, undone } of accounts.values()) {
    assert(done <= 1 && undone <= done, `${step} took effect ${done} times and was undone ${undone} times`);
  }
  assert.deepEqual(
    undone,
    ["ship", "charge", "reserve"].filter((step) => undone.includes(step)),
    "undone in reverse",
  );
  const inEffect = [...accounts.values()].filter(({ done, undone }) => done > undone).map(({ step }) => step);
  if (instance.status === "done") {
    assert(!refuses && !silent, "it was done in spite of all");
    assert.deepEqual(inEffect.toSorted(), ["bill", "charge", "reserve", "ship"]);
    assert.deepEqual([confirmed, rejected], [1, []]);
  } else {
    assert.equal(instance.status, "failed");
    assert.deepEqual([inEffect, confirmed, rejected], [[], 0, [instance.reason]]);
  }
}

async function check(scenario: Scenario): Promise<void> {
  const ending = await play(scenario, fakeClock());
  assertInvariants(scenario, ending);
  if (scenario.refuses) assert.equal(ending.instance.reason, "no");
}

async function checkEachAndEveryPair(what: Fault["what"], refuses: StepName | undefined): Promise<void> {
  const { calls } = await play({ faults: [], refuses }, fakeClock());
  for (let first = 1; first <= calls; first++) {
    await check({ refuses, faults: [{ call: first, what }] });
    // After the first fault some calls are made again.
    for (let second = first + 1; second <= calls + 3; second++) {
      await check({ refuses, faults: [first, second].map((call) => ({ call, what })) });
    }
  }
}

for (const refuses of refusals) {
  const circumstance = refuses ? `when "${refuses}" refuses` : "when nothing refuses";

  test(`a crash at every call and at every pair of calls leaves the saga whole, ${circumstance}`, () =>
    checkEachAndEveryPair("crash", refuses));

  test(`an answer lost at every call and at every pair of calls leaves the saga whole, ${circumstance}`, () =>
    checkEachAndEveryPair("lost answer", refuses));

  test(`an outage at every call and at every pair of calls leaves the saga whole, ${circumstance}`, () =>
    checkEachAndEveryPair("outage", refuses));
}

const fault: fc.Arbitrary<Fault> = fc.record({
  call: fc.integer({ min: 1, max: 30 }),
  what: fc.oneof(
    fc.constantFrom("crash" as const, "lost answer" as const, "outage" as const),
    fc.record({ stall: fc.integer({ min: 1, max: 30_000 }) }),
  ),
});

const scenario: fc.Arbitrary<Scenario> = fc.record({
  faults: fc.array(fault, { maxLength: 8 }),
  refuses: fc.option(fc.constantFrom(...refusals), { nil: undefined }),
  silent: fc.option(fc.constantFrom("reserve" as const, "charge" as const, "ship" as const), {
    nil: undefined,
    freq: 4,
  }),
});

const schedules = (broken: Scenario["broken"] = {}) =>
  fc.asyncProperty(scenario, async (given) => {
    const played = { ...given, broken };
    assertInvariants(played, await play(played, fakeClock()));
  });

test("random schedules of crashes, pauses, outages and lost answers leave the saga whole", (t) => {
  const seed = Number(process.env["SAGA_SEED"] ?? Date.now() % 2 ** 31);
  t.diagnostic(`SAGA_SEED=${seed} runs the same schedules again`);
  return fc.assert(schedules(), { seed, numRuns: Number(process.env["SAGA_SCHEDULES"] ?? 2_000) });
});

for (const broken of [{ fencing: true }, { keys: true }]) {
  test(`the schedules notice when this rule is broken: ${Object.keys(broken)}`, async () => {
    const { failed } = await fc.check(schedules(broken), { numRuns: 1_000, seed: 1, endOnFailure: true });
    assert(failed);
  });
}
