import { refusal, unavailable } from "../../core/failure.ts";
import type { Transaction } from "../../database/database.ts";
import { type SagaScript, type Scenario, type Trouble, throwables, type Unit } from "./scenario.fixture.ts";
import { type LockHolder, runProgram } from "./serial-programs.fixture.ts";

export const declinedByRemote = refusal("engine_refused", 409, "Refused");

/** Where a piece of work is in the scenarios: left-overs of an earlier one do nothing. */
export type Place = { readonly run: number; readonly useCase: number };

/** What the scenario under way says that work does. */
export type ScriptedWork = ReturnType<typeof createScriptedWork>;

/** Makes the work of scenarios, which fails, hangs and is repaired as they say. */
export function createScriptedWork() {
  const holder: LockHolder = {};
  const failures = new Map<Trouble, number>();
  const remote = new Map<number, { effects: number; isCalledOff: boolean; asked: number }>();
  let run = 0;
  let scenario: Scenario | undefined;
  let repaired = true;

  async function trouble(trouble: Trouble, at: "begin" | "end"): Promise<void> {
    if (trouble.kind === "none" || (trouble.kind === "hangs" ? "end" : trouble.at) !== at) return;
    const before = failures.get(trouble) ?? 0;
    failures.set(trouble, before + 1);
    if (trouble.kind === "hangs") {
      if (before === 0) await new Promise(() => {});
    } else if (trouble.kind === "broken" ? !repaired : before < trouble.times) {
      throw throwables[trouble.thrown]?.();
    }
  }

  const useCaseAt = (place: Place) => (place.run === run ? scenario?.useCases[place.useCase] : undefined);

  async function play(tx: Transaction, unit: Unit | undefined): Promise<void> {
    if (!unit) return;
    await trouble(unit.trouble, "begin");
    await runProgram(tx, unit.program, holder);
    await trouble(unit.trouble, "end");
  }

  return {
    begin(next: Scenario): number {
      failures.clear();
      remote.clear();
      scenario = next;
      repaired = false;
      run += 1;
      return run;
    },
    repair() {
      repaired = true;
    },
    useCase: (tx: Transaction, place: Place) => play(tx, useCaseAt(place)?.unit),
    handler: (tx: Transaction, place: Place, handler: number) => play(tx, useCaseAt(place)?.handlers[handler]?.unit),
    step: (tx: Transaction, place: Place, step: Exclude<keyof SagaScript, "remote">) =>
      play(tx, useCaseAt(place)?.saga?.[step]),
    /** A service that a saga asks: does it once however often it is asked, unless it was called off. */
    async ask(place: Place): Promise<void> {
      const behaviour = useCaseAt(place)?.saga?.remote;
      if (!behaviour) return;
      const known = remote.get(place.useCase) ?? { effects: 0, isCalledOff: false, asked: 0 };
      remote.set(place.useCase, known);
      if (known.isCalledOff || behaviour === "refuses") throw declinedByRemote.failure();
      known.asked += 1;
      const isEarly = known.asked <= 2;
      if (behaviour === "flaky" && isEarly) throw new TypeError("fetch failed", { cause: { code: "ECONNREFUSED" } });
      known.effects = 1;
      if (behaviour === "loses its answer" && isEarly) throw unavailable.failure();
    },
    async callOff({ useCase }: Place): Promise<void> {
      remote.set(useCase, { effects: 0, isCalledOff: true, asked: 0 });
    },
    /** Effects in that service, by use case. */
    effects: (): ReadonlyMap<number, number> =>
      new Map([...remote].map(([useCase, { effects }]) => [useCase, effects])),
  };
}
