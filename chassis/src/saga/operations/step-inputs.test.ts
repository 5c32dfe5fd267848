import assert from "node:assert/strict";
import { test } from "node:test";
import type { HistoryEntry } from "../store/saga-instance.ts";
import type { OperatedSaga } from "./operated-saga-store.ts";
import { withInputs } from "./step-inputs.ts";

type Line = Pick<HistoryEntry, "what" | "output">;

/** The inputs of a saga that began with `{ order: 7 }`, line by line. */
function inputsOf(history: readonly Line[], added: object) {
  const lines = history.map((line) => ({ at: "", step: "step", attempt: 1, ...line }));
  const operated = { instance: { added }, history: lines } as unknown as OperatedSaga;
  const hidden = (values: object) => Object.fromEntries(Object.keys(values).map((name) => [name, "hidden"]));
  return withInputs(operated, lines as never, { order: 7 }, hidden).map(({ input }) => input);
}

const done = (output?: object): Line => ({ what: "done", output });

test("what goes into an attempt is what the saga began with and what the lines before it have added", () => {
  const history: Line[] = [done({ a: 1 }), { what: "waits" }, { what: "unknown" }, done({ a: 2 }), { what: "undone" }];
  const after = { order: 7, a: 1 };
  assert.deepEqual(inputsOf(history, { a: 2 }), [{ order: 7 }, undefined, after, after, { order: 7, a: 2 }]);
});

test("lines from before a migration keep their input to themselves, and what the migration made of the state is hidden", () => {
  const history: Line[] = [done({ a: 1 }), { what: "migrated" }, done({ c: 3 }), done()];
  const from = { order: 7, b: "hidden" };
  assert.deepEqual(inputsOf(history, { b: 2, c: 3 }), [undefined, undefined, from, { ...from, c: 3 }]);
});

test("what a line has added that a very long history has lost is there behind the gap, hidden", () => {
  const history = Array.from({ length: 160 }, (_, index) =>
    index === 0 ? done({ a: 1 }) : ({ what: "unknown" } as const),
  );
  const inputs = inputsOf(history, { a: 1, lost: 2 });
  assert.deepEqual(inputs[49], { order: 7, a: 1 });
  assert.deepEqual(inputs[50], { order: 7, a: 1, lost: "hidden" });
});
