import { setTimeout as delay } from "node:timers/promises";
import { type FailureDefinition, unavailable } from "../../core/failure/failure.ts";
import type { Remote } from "./scenario.fixture.ts";

/** Attempts at a step that have a time are cut off after so many milliseconds, and a slow service takes so many. */
export const ATTEMPT_TIME = 400;
const SLOW = 700;

const noAnswer = () => Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });

type Known = { of: number; effects: number; isCalledOff: boolean; asked: number; atWork: number };

/** A service that sagas ask: does what it is asked for once by each key, unless it was called off. `declined` is how it refuses. */
export function createRemoteService(declined: FailureDefinition) {
  const byKey = new Map<string, Known>();
  let fault: string | undefined;
  let repaired = false;

  function known(useCase: number, key: string): Known {
    const found = byKey.get(key) ?? { of: useCase, effects: 0, isCalledOff: false, asked: 0, atWork: 0 };
    byKey.set(key, found);
    if (found.of !== useCase) fault = `the sagas of ${found.of} and ${useCase} have the key "${key}"`;
    return found;
  }

  async function answer(one: Known, behaviour: Remote): Promise<void> {
    if (one.isCalledOff || behaviour === "refuses") throw declined.failure();
    if (behaviour === "broken" && !repaired) throw new TypeError("a defect");
    one.asked += 1;
    const isEarly = (times: number) => one.asked <= times;
    if (behaviour === "away" && isEarly(7)) throw new TypeError("fetch failed", { cause: noAnswer() });
    if (behaviour === "slow" && isEarly(1)) await delay(SLOW);
    one.effects = 1;
    if (behaviour === "loses its answer" && isEarly(2)) throw unavailable.failure({ retryAfter: Number.NaN });
  }

  return {
    async ask(useCase: number, key: string, behaviour: Remote): Promise<void> {
      const one = known(useCase, key);
      one.atWork += 1;
      if (one.atWork > 1) fault = `the saga of ${useCase} asked again while it was asking`;
      try {
        await answer(one, behaviour);
      } finally {
        one.atWork -= 1;
      }
    },
    callOff(useCase: number, key: string): void {
      Object.assign(known(useCase, key), { effects: 0, isCalledOff: true });
    },
    repair() {
      repaired = true;
    },
    reset() {
      byKey.clear();
      fault = undefined;
      repaired = false;
    },
    told: () => ({ effects: new Map([...byKey.values()].map(({ of, effects }) => [of, effects])), fault }),
  };
}
