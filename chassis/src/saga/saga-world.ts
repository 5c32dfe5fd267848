import assert from "node:assert/strict";
import { Type } from "typebox";
import type { Clock } from "../core/clock.ts";
import { refusal, unavailable } from "../core/failure.ts";
import { createLog } from "../telemetry/log.ts";
import { createMemorySagaStore, type SagaMemory } from "./memory-saga-store.ts";
import { runSaga } from "./run-saga.ts";
import { type Saga, type StepContext, saga } from "./saga.ts";
import { isUnderWay, type SagaInstance } from "./saga-instance.ts";
import { LeaseLost, type SagaStore } from "./saga-store.ts";

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

/** What the witnesses saw when everything had come to rest. */
export type Ending = {
  readonly instance: SagaInstance;
  readonly confirmed: number;
  readonly rejected: readonly string[];
  readonly accounts: ReadonlyMap<string, Account>;
  /** Effects of undoing, in their order. */
  readonly undone: readonly string[];
  readonly calls: number;
};

/** What another service knows under one key. */
type Account = { readonly step: string; done: number; undone: number; tombstone: boolean };
type Process = { readonly name: string; dead: boolean };
type Participant = { do(context: StepContext): Promise<void>; undo(context: StepContext): Promise<void> };

/** A clock that stands still until it is moved. */
type MovableClock = Clock & { advance(milliseconds: number): Promise<void> };

class Crash extends Error {}

const refusedByTest = refusal("no", 409, "No");
const SECONDS_AT_MOST = 600;

/** Runs one saga to its end through everything that the scenario does to it. */
export async function play(scenario: Scenario, clock: MovableClock): Promise<Ending> {
  const memory: SagaMemory = { rows: new Map(), clock, fencing: scenario.broken?.fencing !== true };
  const world = createWorld(scenario, clock);
  memory.rows.set("1", { instance: newInstance(), owner: undefined, dueAt: 0, history: [] });
  const runs = new Set<Promise<void>>();
  let process: Process = { name: "process 0", dead: false };
  for (let second = 0; isUnderWay(instanceIn(memory).status) || runs.size > 0; second++) {
    assert(second < SECONDS_AT_MOST, "the saga does not end");
    if (process.dead || second % 7 === 6) process = { name: `process ${second}`, dead: false };
    const run = world.lookAround(process, memory).finally(() => runs.delete(run));
    runs.add(run);
    await clock.advance(1_000);
  }
  return { ...world.witnesses(), instance: instanceIn(memory) };
}

function instanceIn(memory: SagaMemory): SagaInstance {
  const row = memory.rows.get("1");
  assert(row);
  return row.instance;
}

function createWorld(scenario: Scenario, clock: Clock) {
  const accounts = new Map<string, Account>();
  const undone: string[] = [];
  const rejected: string[] = [];
  let confirmed = 0;
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

  const definition = (process: Process): Saga<{ order: string }> =>
    saga("sell", Type.Object({ order: Type.String() }))
      .step("reserve", numbered(1, participant(process, "reserve")))
      .step("charge", numbered(2, participant(process, "charge")))
      .step("ship", numbered(3, participant(process, "ship")))
      .pivot("confirm", {
        async within(tx, state) {
          assert.deepEqual(state, { order: "7", last: 3 });
          if (scenario.refuses === "confirm") throw refusedByTest.failure();
          tx.afterCommit(() => confirmed++);
        },
      })
      .step("bill", { do: (_state, context) => participant(process, "bill").do(context) })
      .fails(async (tx, _input, reason) => tx.afterCommit(() => rejected.push(reason)));

  function storeOf(process: Process, memory: SagaMemory): SagaStore {
    const store = createMemorySagaStore(memory, process.name);
    return {
      claim: (limit) => call(process, () => store.claim(limit)),
      save: (...save) => call(process, () => store.save(...save)),
      renew: (ids) => store.renew(ids),
      release: (ids) => store.release(ids),
    };
  }

  return {
    /** A process takes what is due, and runs it. */
    async lookAround(process: Process, memory: SagaMemory): Promise<void> {
      const surroundings = { store: storeOf(process, memory), clock, log: silent, random: () => 0.5 };
      try {
        // Looking for nothing is no call worth a fault.
        if (![...memory.rows.values()].some(({ dueAt }) => dueAt <= clock.monotonic())) return;
        for (const instance of await surroundings.store.claim(1)) {
          await runSaga(instance, definition(process), surroundings, new AbortController().signal);
        }
      } catch (error) {
        const known = error instanceof Crash || error instanceof LeaseLost || unavailable.is(error);
        if (!known) throw error;
      }
    },
    witnesses: () => ({ accounts, undone, rejected, confirmed, calls }),
  };
}

const silent = createLog({ service: "test", level: "silent" });

const numbered = (last: number, { do: act, undo }: Participant) => ({
  do: async (_state: object, context: StepContext) => {
    await act(context);
    return { last };
  },
  undo: (_state: object, context: StepContext) => undo(context),
});

const newInstance = (): SagaInstance => ({
  id: "1",
  name: "sell",
  version: 1,
  key: "order 7",
  input: { order: "7" },
  added: {},
  status: "running",
  position: 0,
  step: "reserve",
  reason: null,
  attempts: 0,
  faults: 0,
  stepDeadline: null,
  fence: 1,
  requestId: "request",
  traceparent: "",
});
