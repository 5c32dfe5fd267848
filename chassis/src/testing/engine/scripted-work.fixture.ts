import { setTimeout as delay } from "node:timers/promises";
import { refusal } from "../../core/failure/failure.ts";
import type { Transaction } from "../../database/database.ts";
import { createRemoteService } from "./remote-service.fixture.ts";
import type { Scenario, Trouble, Unit } from "./scenario.fixture.ts";
import { type LockHolder, runProgram } from "./serial-programs.fixture.ts";
import { noTimes, throwables, unstorables } from "./throwables.fixture.ts";

export const declinedByRemote = refusal("engine_refused", 409, "Refused");

const REPAIRED_TIME = 15;

/** Where a piece of work is in the scenarios: left-overs of an earlier one do nothing. */
export type Place = { readonly run: number; readonly useCase: number };

type LocalStepName = "hold" | "unhold" | "take" | "after" | "record";

/** What the scenario under way says that work does. */
export type ScriptedWork = ReturnType<typeof createScriptedWork>;

/** Makes the work of scenarios, which fails, hangs and is repaired as they say. `killConsumer` ends the process that handles messages. */
export function createScriptedWork(killConsumer: () => void) {
  const holder: LockHolder = {};
  const failures = new Map<Trouble, number>();
  const remote = createRemoteService(declinedByRemote);
  let run = 0;
  let scenario: Scenario | undefined;
  let repaired = true;

  async function trouble(trouble: Trouble, at: "begin" | "end"): Promise<void> {
    const { kind } = trouble;
    if (kind === "none" || kind === "unstorable") return;
    if (("at" in trouble ? trouble.at : kind === "hangs" ? "end" : "begin") !== at) return;
    const before = failures.get(trouble) ?? 0;
    failures.set(trouble, before + 1);
    if ((kind === "hangs" && before === 0) || (kind === "stubborn" && repaired)) await new Promise(() => {});
    if (kind === "stubborn") throw new Error("does not work");
    if (kind === "deadly" && !repaired) {
      killConsumer();
      throw new Error("its process has ended");
    }
    if ((kind === "broken" && !repaired) || (kind === "flaky" && before < trouble.times)) {
      throw throwables[trouble.thrown]?.();
    }
  }

  const useCaseAt = (place: Place) => (place.run === run ? scenario?.useCases[place.useCase] : undefined);

  async function play(tx: Transaction, unit: Unit | undefined): Promise<object | undefined> {
    if (!unit) return undefined;
    await trouble(unit.trouble, "begin");
    await runProgram(tx, unit.program, holder);
    await trouble(unit.trouble, "end");
    return unit.trouble.kind === "unstorable" && !repaired ? unstorables[unit.trouble.returned]?.() : undefined;
  }

  return {
    begin(next: Scenario): number {
      failures.clear();
      remote.reset();
      scenario = next;
      repaired = false;
      run += 1;
      return run;
    },
    repair() {
      repaired = true;
      remote.repair();
    },
    useCase: (tx: Transaction, place: Place) => play(tx, useCaseAt(place)?.unit),
    handler: async (tx: Transaction, place: Place, handler: number): Promise<void> => {
      // Once it is repaired it takes a while, so that operators can decide meanwhile.
      if (repaired) await delay(REPAIRED_TIME);
      await play(tx, useCaseAt(place)?.handlers[handler]?.unit);
    },
    step: (tx: Transaction, place: Place, step: LocalStepName) => play(tx, useCaseAt(place)?.saga?.[step]),
    wait(place: Place): number {
      const odd = repaired ? undefined : useCaseAt(place)?.saga?.noTime;
      return odd === undefined ? 5 : (noTimes[odd] as number);
    },
    async ask(place: Place, key: string): Promise<void> {
      const behaviour = useCaseAt(place)?.saga?.remote;
      if (behaviour) await remote.ask(place.useCase, key, behaviour);
    },
    async callOff({ run: ofRun, useCase }: Place, key: string): Promise<void> {
      if (ofRun === run) remote.callOff(useCase, key);
    },
    /** Effects in the service that sagas ask, by use case; and what it saw that must not be. */
    remote: () => remote.told(),
  };
}
