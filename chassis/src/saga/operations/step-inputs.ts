import { BEGINNING } from "../store/save-sagas.ts";
import type { OperatedSaga } from "./operated-saga-store.ts";
import type { SagaLine } from "./operations-contract.ts";

type Shown = Record<string, unknown>;

const attempts: readonly string[] = ["done", "refused", "unknown", "fault", "undone", "undo failed"];

/**
 * The lines of a history with what went into each attempt. That is not stored: it is the saga's input, `begun`, and what the lines
 * before have added, all as it may be shown. Lines from before a migration keep theirs to themselves: their input was another one.
 * `hidden` shows the names of values that nobody knows any more whether to show.
 */
export function withInputs(
  { instance: { added }, history }: OperatedSaga,
  lines: readonly SagaLine[],
  begun: Shown,
  hidden: (values: object) => Shown,
): SagaLine[] {
  const migrated = history.findLastIndex(({ what }) => what === "migrated");
  const known = new Set(history.slice(migrated + 1).flatMap(({ output = {} }) => Object.keys(output)));
  // They came with the migration, or with one of the lines that a very long history has lost in its middle.
  const strays = hidden(Object.fromEntries(Object.entries(added).filter(([name]) => !known.has(name))));
  let state = migrated < 0 ? begun : { ...begun, ...strays };
  return lines.map((line, index) => {
    if (index <= migrated) return line;
    if (index === BEGINNING) state = { ...state, ...strays };
    const input = state;
    state = { ...state, ...line.output };
    return attempts.includes(line.what) ? { ...line, input } : line;
  });
}
