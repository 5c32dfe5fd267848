import { REDACTED, redact } from "../../contract/sensitive.ts";
import type { AnySaga } from "../definition/saga.ts";
import type { SagaSet } from "../definition/saga-set.ts";
import { canBeUndone } from "../definition/step.ts";
import type { SagaInstance } from "../store/saga-instance.ts";
import { direction, fitOperated } from "./fit-operated.ts";
import type { OperatedSaga } from "./operated-saga-store.ts";
import type { SagaDetail, SagaLine, SagaSummary, SagaWait } from "./operations-contract.ts";
import { withInputs } from "./step-inputs.ts";

/** A saga in a line. */
export const summaryOf = ({ instance, startedAt, updatedAt, endedAt }: OperatedSaga): SagaSummary => ({
  id: instance.id,
  name: instance.name,
  version: instance.version,
  key: instance.key,
  status: instance.status,
  step: instance.step,
  reason: instance.reason,
  attempts: instance.attempts,
  fence: instance.fence,
  startedAt,
  updatedAt,
  endedAt,
});

/** Everything about a saga that its operators may see, as the definitions of this process, `sagas`, know it. */
export function detailOf(operated: OperatedSaga, sagas: SagaSet): SagaDetail {
  const { name, version } = operated.instance;
  const known = sagas.find(name, version);
  // Another version's schema does not know what is sensitive in this one.
  const saga = known?.version === version ? known : undefined;
  const input = shown(saga?.input, operated.instance.input);
  const lines = operated.history.map((line) => lineOf(line, saga));
  const fitted = fitOperated(sagas, operated);
  const hasEnded = direction(operated) === "ended";
  return {
    ...summaryOf(operated),
    input,
    history: withInputs(operated, lines, input, (values) => shown(undefined, values)),
    remaining: hasEnded || "misfit" in fitted ? [] : remainingOf(fitted.saga, fitted.instance),
    waits: hasEnded ? null : waitOf(operated, "misfit" in fitted ? undefined : fitted.saga),
    ...(!hasEnded && "misfit" in fitted && { fault: fitted.misfit }),
  };
}

/** What no schema vouches for is not shown, but for its names. */
const shown = (schema: AnySaga["input"] | undefined, value: object): Record<string, unknown> =>
  schema
    ? (redact(schema, value) as Record<string, unknown>)
    : Object.fromEntries(Object.keys(value).map((name) => [name, REDACTED]));

function lineOf(line: OperatedSaga["history"][number], saga: AnySaga | undefined): SagaLine {
  const { at, step, attempt, what, cause, output, by } = line;
  const returns = saga?.steps.find(({ name }) => name === step)?.action.returns;
  const isOurs = what === "migrated";
  return {
    at: new Date(at).toISOString(),
    step: step ?? null,
    attempt,
    what,
    ...(cause !== undefined && { cause }),
    ...(output && { output: isOurs ? (output as Record<string, unknown>) : shown(returns, output) }),
    ...(by !== undefined && { by }),
  };
}

function remainingOf({ steps }: AnySaga, { status, position }: SagaInstance): string[] {
  if (status === "running") return steps.slice(position).map(({ name }) => name);
  const undoing = steps
    .slice(0, position + 1)
    .filter(canBeUndone)
    .reverse();
  return [...undoing.map(({ name }) => `undo ${name}`), "record the failure"];
}

function waitOf(operated: OperatedSaga, saga: AnySaga | undefined): SagaWait {
  const { instance, dueAt, isDue, owner } = operated;
  const going = direction(operated);
  const step = saga?.steps.find(({ name }) => name === instance.step);
  const about =
    going === "running" ? `"${instance.step}"` : instance.step ? `undoing "${instance.step}"` : "the failure";
  const attempt = instance.attempts + 1;
  if (instance.status === "parked") return { for: `a person: ${about} needs a decision`, until: null, attempt };
  if (owner !== null) return { for: `an answer to ${about}`, until: null, attempt };
  if (isDue) return { for: "a free process", until: null, attempt };
  const isTimer = step?.kind === "timer" && going === "running";
  return { for: isTimer ? `the timer ${about}` : `another attempt at ${about}`, until: dueAt, attempt };
}
