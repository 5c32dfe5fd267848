import type { Clock } from "../../core/clock.ts";
import { refusal, unavailable } from "../../core/failure/failure.ts";
import type { StepContext } from "../definition/saga.ts";

/**
 * What happens at the n-th call (from 1) that any process makes to the store or to another service: the process dies before it,
 * or the caller gets no answer although it took effect (`lost answer`) or without it (`outage`), or both sides see nothing of
 * each other for `stall` milliseconds, before it arrives.
 */
export type Fault = { call: number; what: "crash" | "lost answer" | "outage" | { stall: number } };

export type Scenario = {
  faults: readonly Fault[];
  /** The step that refuses; `confirm` is the pivot. */
  refuses?: StepName | undefined;
  /** The step whose service never answers, though it does what it is asked. */
  silent?: "reserve" | "charge" | "ship" | undefined;
  /** Rules that are broken, to show that it is noticed. */
  broken?: { fencing?: boolean; keys?: boolean };
};

export type StepName = "reserve" | "charge" | "ship" | "confirm";

/** What another service knows under one key. */
export type Account = { readonly step: string; done: number; undone: number; tombstone: boolean };
/** A process of the service whose saga it is. */
export type Process = { readonly name: string; dead: boolean };
/** A service as the saga sees it. */
export type Participant = { do(context: StepContext): Promise<void>; undo(context: StepContext): Promise<void> };

/** What the services saw. */
export type Witnesses = {
  readonly accounts: ReadonlyMap<string, Account>;
  /** Effects of undoing, in their order. */
  readonly undone: readonly string[];
  readonly calls: number;
};

/** The end of a process. */
export class Crash extends Error {}

export const refusedByTest = refusal("no", 409, "No");

/** The services around a saga, and a network that goes wrong as the scenario says. */
export function createFaultyServices(scenario: Scenario, clock: Clock) {
  const accounts = new Map<string, Account>();
  const undone: string[] = [];
  let calls = 0;

  async function call<T>(process: Process, effect: () => Promise<T>): Promise<T> {
    if (process.dead) throw new Crash();
    const number = ++calls;
    const what = scenario.faults.find((fault) => fault.call === number)?.what;
    if (what === "crash") {
      process.dead = true;
      throw new Crash();
    }
    if (what === "outage") throw unavailable.failure();
    if (typeof what === "object") await clock.sleep(what.stall);
    const result = await effect();
    if (what === "lost answer") throw unavailable.failure();
    return result;
  }

  function account(step: string, { key }: StepContext): Account {
    const known = scenario.broken?.keys ? `${key}${calls}` : key;
    const found = accounts.get(known) ?? { step, done: 0, undone: 0, tombstone: false };
    accounts.set(known, found);
    return found;
  }

  const participant = (process: Process, step: string): Participant => ({
    do: (context) =>
      call(process, async () => {
        if (scenario.refuses === step) throw refusedByTest.failure();
        const known = account(step, context);
        if (known.tombstone) throw refusedByTest.failure();
        if (known.done === 0) known.done++;
        if (scenario.silent === step) throw unavailable.failure();
      }),
    undo: (context) =>
      call(process, async () => {
        const known = account(step, context);
        if (known.done > known.undone) {
          known.undone++;
          undone.push(step);
        }
        known.tombstone = true;
      }),
  });

  return { call, participant, witnesses: (): Witnesses => ({ accounts, undone, calls }) };
}
