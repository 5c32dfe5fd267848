import type { AnySaga } from "./saga.ts";
import { canBeUndone, type SagaStep } from "./step.ts";

/** A saga as a Mermaid flowchart: its steps downwards, what each may be refused with, and the way back. */
export function diagramOf({ steps }: AnySaga): string {
  const pivot = steps.findIndex(({ kind }) => kind === "pivot");
  const lines = steps.flatMap((step, index) => [
    `  s${index}${shapeOf(step)}`,
    `  ${index === 0 ? "start([start])" : `s${index - 1}`} --> s${index}`,
    ...(index <= pivot ? backwards(steps, index) : []),
  ]);
  const end = steps.length - 1;
  const undone = pivot >= 0 ? ["  failed([failed])"] : [];
  return ["flowchart TD", ...lines, `  s${end} --> done([done])`, ...undone].join("\n");
}

function shapeOf({ kind, name, action }: SagaStep): string {
  const label = JSON.stringify(name);
  if (kind === "timer") return `{{${label}}}`;
  if (kind === "pivot") return `[[${label}]]`;
  return action.within ? `[(${label})]` : `[${label}]`;
}

/** The undoing of a step, and how one gets to it or past it. */
function backwards(steps: readonly SagaStep[], index: number): string[] {
  const step = steps[index];
  if (!step) return [];
  const refusals = [...step.refuses];
  const timeless = step.kind === "pivot" ? [] : ["no answer in time"];
  const nextUndo = before(steps, index);
  const refused = refusals.length > 0 ? [`  s${index} -. "${refusals.join("<br>")}" .-> ${nextUndo}`] : [];
  if (step.kind === "timer" || step.kind === "pivot") return refused;
  if (!canBeUndone(step)) return [`  s${index} -. "${[...refusals, ...timeless].join("<br>")}" .-> ${nextUndo}`];
  return [
    `  u${index}["undo ${step.name}"]`,
    `  s${index} -. "${timeless.join("<br>")}" .-> u${index}`,
    `  u${index} --> ${nextUndo}`,
    ...refused,
  ];
}

function before(steps: readonly SagaStep[], index: number): string {
  const at = steps.slice(0, index).findLastIndex(canBeUndone);
  return at < 0 ? "failed" : `u${at}`;
}
