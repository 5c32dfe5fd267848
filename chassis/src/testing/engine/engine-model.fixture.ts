import type { Ended } from "./engine-world.fixture.ts";
import type { SagaScript, Scenario, UseCase } from "./scenario.fixture.ts";
import { beginning, endsIn, type Program } from "./serial-programs.fixture.ts";

/**
 * What is wrong with the end of a scenario; undefined when it is what must come out of it: each use case, handler and step that was not
 * given up had its effect once, as if all had run one after another in some order that keeps causes before effects.
 */
export function faultIn({ useCases }: Scenario, ended: Ended): string | undefined {
  for (const [index, useCase] of useCases.entries()) {
    const isBroken = useCase.unit.trouble.kind === "broken";
    if (isBroken === ended.committed.has(index)) return `use case ${index} was ${isBroken ? "" : "not "}committed`;
    const fault = handlerFault(index, useCase, ended) ?? sagaFault(index, useCase, ended);
    if (fault) return fault;
  }
  const published = useCases.reduce(
    (sum, { handlers }, index) => sum + (ended.committed.has(index) ? handlers.length : 0),
    0,
  );
  if (ended.published !== published) return `${ended.published} events were published in place of ${published}`;
  if (ended.handled !== published) return `${ended.handled} events were handled or parked in place of ${published}`;
  const trees = useCases.flatMap((useCase, index) =>
    ended.committed.has(index) ? chainsOf(index, useCase, ended) : [],
  );
  return endsIn(beginning, trees, ended.world) ? undefined : `no order ends in ${JSON.stringify(ended.world)}`;
}

/** A broken handler has one dead letter, one that hangs at most one, and any other none. */
function handlerFault(index: number, { handlers }: UseCase, ended: Ended): string | undefined {
  for (const [handler, { unit }] of handlers.entries()) {
    const states = ended.letters.get(`${index}/${handler}`) ?? [];
    const wanted = unit.trouble.kind === "broken" && ended.committed.has(index) ? 1 : 0;
    if (states.length !== wanted) return `handler ${index}/${handler} has ${states.length} dead letters, not ${wanted}`;
    if (states.some((state) => state !== "redriven" && state !== "discarded")) return `a dead letter is ${states}`;
  }
  return undefined;
}

function sagaFault(index: number, { saga }: UseCase, ended: Ended): string | undefined {
  const status = ended.sagas.get(index);
  const wanted = saga && ended.committed.has(index) ? (saga.remote === "refuses" ? "failed" : "done") : undefined;
  if (status !== wanted) return `the saga of ${index} is ${status}, not ${wanted}`;
  const effects = ended.remote.get(index) ?? 0;
  if (wanted && effects !== (wanted === "done" ? 1 : 0))
    return `the saga of ${index} is ${status} and left ${effects} effects`;
  return undefined;
}

/** The programs of a use case and of what follows from it. A cause comes before its effects where they are of one chain. */
function chainsOf(index: number, { unit, handlers, saga }: UseCase, ended: Ended): Program[][] {
  const handled = handlers.filter((_, handler) => ended.letters.get(`${index}/${handler}`)?.[0] !== "discarded");
  const own = [unit.program, ...(saga ? sagaPrograms(saga) : [])];
  return [own, ...handled.map(({ unit }) => [unit.program])];
}

const sagaPrograms = ({ remote, hold, unhold, take, after, record }: SagaScript): Program[] =>
  (remote === "refuses" ? [hold, unhold, record] : [hold, take, after]).map(({ program }) => program);
