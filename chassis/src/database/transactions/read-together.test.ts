import assert from "node:assert/strict";
import { test } from "node:test";
import { currentContext, newContext, runInContext } from "../../context/context.ts";
import { readTogether } from "./read-together.ts";

/** Asks at the same time for callers that wait for so many milliseconds, or without end; resolves with what the question has. */
async function askedFor(waits: readonly (number | undefined)[]): Promise<(number | undefined)[]> {
  const now = performance.now();
  const deadlines: (number | undefined)[] = [];
  const ask = readTogether<number, number>({
    async read(items) {
      const deadline = currentContext()?.deadline;
      deadlines.push(deadline && Math.round(deadline - now));
      return items;
    },
  });
  const askWithin = (wait: number | undefined, index: number) =>
    runInContext({ ...newContext(), deadline: wait && now + wait }, () => ask(index));
  assert.deepEqual(await Promise.all(waits.map(askWithin)), [...waits.keys()]);
  return deadlines;
}

test("those who ask at the same time are one question, which has as long as whoever waits longest", async () => {
  assert.deepEqual(await askedFor([20_000, 60_000, 40_000]), [60_000]);
});

test("a question of somebody who waits without end has no end", async () => {
  assert.deepEqual(await askedFor([20_000, undefined]), [undefined]);
});
