import type { Ended } from "./engine-state.fixture.ts";
import type { DecidedSaga } from "./operators.fixture.ts";
import type { SagaScript, UseCase } from "./scenario.fixture.ts";
import type { Program } from "./serial-programs.fixture.ts";

/** What is wrong with the saga of a use case: how it ended, for what it was parked, how often operators were believed, what it left elsewhere. */
export function sagaFault(index: number, { saga }: UseCase, ended: Ended): string | undefined {
  const status = ended.sagas.get(index);
  const decision = ended.decisions.find(({ useCase }) => useCase === index);
  const isHere = saga !== undefined && ended.committed.has(index);
  const wanted = isHere ? (goesBack(saga, decision) ? "failed" : "done") : undefined;
  if (status !== wanted) return `the saga of ${index} is ${status}, not ${wanted}`;
  if (!isHere) return undefined;
  if (!decision && mustPark(saga)) return `the saga of ${index} was not parked`;
  if (decision && !mayPark(saga, decision)) return `the saga of ${index} was parked at ${decision.step}`;
  if (decision && decision.accepted !== 1) return `${decision.accepted} operators were believed about ${decision.step}`;
  const effects = ended.remote.get(index) ?? 0;
  const isSkipped = decision?.decided === "skip" && decision.step === "ask";
  const expected = wanted === "done" && !isSkipped ? 1 : 0;
  return effects === expected ? undefined : `the saga of ${index} is ${status} and left ${effects} effects`;
}

const goesBack = ({ remote }: SagaScript, decision: DecidedSaga | undefined): boolean =>
  remote === "refuses" || decision?.decided === "compensate";

/** Whether a saga may be parked there: only for what does not pass by itself. */
function mayPark(saga: SagaScript, { step, from }: Pick<DecidedSaga, "step" | "from">): boolean {
  const isBroken = (name: Name, ...kinds: string[]) => ["broken", ...kinds].includes(saga[name].trouble.kind);
  if (from === "compensating") return isBroken(step === null ? "record" : "unhold");
  if (step === "ask") return saga.remote === "broken";
  if (step === "wait") return saga.noTime !== undefined;
  return isBroken(step as Name, "unstorable");
}

/** Whether something on its way does not pass by itself. */
function mustPark(saga: SagaScript): boolean {
  const points = saga.remote === "refuses" ? (["hold"] as const) : (["hold", "ask", "take", "wait", "after"] as const);
  return points.some((step) => mayPark(saga, { step, from: "running" }));
}

type Name = "hold" | "unhold" | "take" | "after" | "record";

/** What a saga does in its own database, given what was decided when it was parked. */
export function sagaPrograms(saga: SagaScript, decision: DecidedSaga | undefined): Program[] {
  const names: Name[] = goesBack(saga, decision) ? ["hold", "unhold", "record"] : ["hold", "take", "after"];
  return names.filter((name) => !isLeftOut(name, decision)).map((name) => saga[name].program);
}

function isLeftOut(name: Name, decision: DecidedSaga | undefined): boolean {
  if (!decision || decision.decided === "retry") return false;
  const { step, from } = decision;
  // A local step that did not commit is not undone.
  if (decision.decided === "compensate") return step === "hold" && name !== "record";
  if (from === "running") return name === step;
  return name === (step === null ? "record" : "unhold");
}
