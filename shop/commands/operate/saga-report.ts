import type { SagaDetail, SagaLine, SagaSummary } from "../../../chassis/src/saga/operations/operations-contract.ts";

/** A saga in a line: `0199… parked  fulfil order v1  key  at "charge payment", attempt 5`. */
export function sagaLine({ id, status, name, version, key, step, attempts, reason }: SagaSummary): string {
  const at = step === null ? "" : `at "${step}"${attempts > 0 ? `, ${attempts} attempts failed` : ""}`;
  const because = reason === null ? "" : `because of ${reason}`;
  return [id, status.padEnd(12), `${name} v${version}`, key, at, because].filter(Boolean).join("  ");
}

/** All there is to know of a saga. */
export function sagaReport(service: string, saga: SagaDetail): string {
  const { waits, remaining, history } = saga;
  const wait = waits && `${waits.for}${waits.until ? `, until ${waits.until}` : ""} (attempt ${waits.attempt})`;
  return [
    `${saga.name} v${saga.version} of ${service}: ${saga.status}${saga.reason ? ` because of ${saga.reason}` : ""}`,
    `  id         ${saga.id}`,
    `  key        ${saga.key}`,
    `  fence      ${saga.fence}`,
    `  started    ${saga.startedAt}${saga.endedAt ? `, ended ${saga.endedAt}` : ""}`,
    `  input      ${JSON.stringify(saga.input)}`,
    ...(wait ? [`  waits for  ${wait}`] : []),
    ...(saga.fault ? [`  can't go on: ${saga.fault}`] : []),
    ...(remaining.length > 0 ? [`  remaining  ${remaining.join(" → ")}`] : []),
    "  history",
    ...history.flatMap((line, index) => [...inputLine(line, history.slice(0, index)), `    ${historyLine(line)}`]),
  ].join("\n");
}

/** What went into an attempt, unless that has been said already. */
function inputLine({ input }: SagaLine, before: readonly SagaLine[]): string[] {
  const said = before.findLast((line) => line.input)?.input;
  const text = JSON.stringify(input);
  return input && text !== JSON.stringify(said) ? [`    with ${text}`] : [];
}

function historyLine({ at, step, attempt, what, cause, output, by }: SagaLine): string {
  const who = by ? `by ${by}` : "";
  const why = cause ? `(${cause.split("\n")[0]})` : "";
  const result = output ? `→ ${JSON.stringify(output)}` : "";
  return [at, step ?? "the end", what, attempt > 1 ? `at attempt ${attempt}` : "", who, why, result]
    .filter(Boolean)
    .join("  ");
}
