import type { Ended } from "./engine-state.fixture.ts";
import { sagaFault, sagaPrograms } from "./saga-model.fixture.ts";
import type { Scenario, UseCase } from "./scenario.fixture.ts";
import { beginning, endsIn, type Program } from "./serial-programs.fixture.ts";
import { BALLAST } from "./use-cases.fixture.ts";

/**
 * What is wrong with the end of a scenario; undefined when it is what must come out of it: each use case, handler and step that was not
 * given up had its effect once, as if all had run one after another in some order that keeps causes before effects.
 */
export function faultIn({ useCases }: Scenario, ended: Ended): string | undefined {
  if (ended.seen) return ended.seen;
  if (ended.unsent > 0) return `${ended.unsent} events were given up by the relay`;
  for (const [index, useCase] of useCases.entries()) {
    const fault =
      useCaseFault(index, useCase, ended) ?? handlerFault(index, useCase, ended) ?? sagaFault(index, useCase, ended);
    if (fault) return fault;
  }
  const committed = useCases.filter((_, index) => ended.committed.has(index)).flatMap(({ handlers }) => handlers);
  const own = committed.filter(({ strange }) => !strange);
  const published = own.length + own.filter(({ large }) => large).length * BALLAST;
  const handled = published + committed.length - own.length;
  if (ended.published !== published) return `${ended.published} events were published in place of ${published}`;
  if (ended.handled !== handled) return `${ended.handled} events were handled or parked in place of ${handled}`;
  const trees = useCases.flatMap((useCase, index) =>
    ended.committed.has(index) ? chainsOf(index, useCase, ended) : [],
  );
  return endsIn(beginning, trees, ended.world) ? undefined : `no order ends in ${JSON.stringify(ended.world)}`;
}

/** One that fails, or sends what can't be delivered, is not committed. */
function useCaseFault(index: number, { unit, unsendable }: UseCase, ended: Ended): string | undefined {
  const isBroken = unit.trouble.kind === "broken";
  const isRefused = isBroken || unsendable !== undefined;
  if (isRefused === ended.committed.has(index)) return `use case ${index} was ${isRefused ? "" : "not "}committed`;
  const code = ended.refused[index];
  return isRefused && !isBroken && code !== "invalid_input" ? `use case ${index} was refused with ${code}` : undefined;
}

/** A handler that is broken, hangs again and again or ends its process has one dead letter, and any other none. */
function handlerFault(index: number, { handlers }: UseCase, ended: Ended): string | undefined {
  for (const [handler, { unit }] of handlers.entries()) {
    const states = ended.letters.get(`${index}/${handler}`) ?? [];
    const { kind } = unit.trouble;
    const isGivenUp = kind === "broken" || kind === "deadly" || kind === "stubborn";
    const wanted = isGivenUp && ended.committed.has(index) ? 1 : 0;
    if (states.length !== wanted) return `handler ${index}/${handler} has ${states.length} dead letters, not ${wanted}`;
    const end = kind === "stubborn" ? "parked" : "redriven";
    if (states.some((state) => state !== end && state !== "discarded")) return `a dead letter is ${states}`;
  }
  return undefined;
}

/** The programs of a use case and of what follows from it. A cause comes before its effects where they are of one chain. */
function chainsOf(index: number, { unit, handlers, saga }: UseCase, ended: Ended): Program[][] {
  const isHandled = (state = "redriven") => state === "redriven";
  const handled = handlers.filter((_, handler) => isHandled(ended.letters.get(`${index}/${handler}`)?.[0]));
  const decision = ended.decisions.find(({ useCase }) => useCase === index);
  const own = [unit.program, ...(saga ? sagaPrograms(saga, decision) : [])];
  return [own, ...handled.map(({ unit }) => [unit.program])];
}
