import assert from "node:assert/strict";
import { Type } from "typebox";
import type { Clock } from "../../core/clock.ts";
import { unavailable } from "../../core/failure/failure.ts";
import { createLog } from "../../telemetry/log.ts";
import { type Saga, type StepContext, saga } from "../definition/saga.ts";
import { runSaga } from "../execution/run-saga.ts";
import { beginSaga } from "../runner/begin-saga.ts";
import { createMemorySagaStore, type SagaMemory } from "../store/memory-saga-store.fixture.ts";
import { isUnderWay, type SagaInstance } from "../store/saga-instance.ts";
import { LeaseLost, type SagaStore } from "../store/saga-store.ts";
import {
  Crash,
  createFaultyServices,
  type Participant,
  type Process,
  refusedByTest,
  type Scenario,
  type Witnesses,
} from "./faulty-services.fixture.ts";

/** What the witnesses saw when everything had come to rest. */
export type Ending = Witnesses & {
  readonly instance: SagaInstance;
  readonly confirmed: number;
  readonly rejected: readonly string[];
};

/** A clock that stands still until it is moved. */
type MovableClock = Clock & { advance(milliseconds: number): Promise<void> };

const SECONDS_AT_MOST = 600;

/** Runs one saga to its end through everything that the scenario does to it. */
export async function play(scenario: Scenario, clock: MovableClock): Promise<Ending> {
  const memory: SagaMemory = { rows: new Map(), clock, fencing: scenario.broken?.fencing !== true };
  const world = createWorld(scenario, clock);
  const runs = new Set<Promise<void>>();
  let process: Process = { name: "process 0", dead: false };
  const instance = beginSaga(world.definition(process), begun);
  memory.rows.set("1", { instance, owner: undefined, dueAt: 0, history: [] });
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
  const { call, participant, witnesses } = createFaultyServices(scenario, clock);
  const rejected: string[] = [];
  let confirmed = 0;

  const definition = (process: Process): Saga<{ order: string }> =>
    saga("sell", Type.Object({ order: Type.String() }))
      .step("reserve", numbered(1, participant(process, "reserve")))
      .step("charge", numbered(2, participant(process, "charge")))
      .step("ship", numbered(3, participant(process, "ship")))
      .pivot("confirm", {
        refuses: [refusedByTest],
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
    definition,
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
    witnesses: () => ({ ...witnesses(), rejected, confirmed }),
  };
}

const silent = createLog({ service: "test", level: "silent" });

const numbered = (last: number, { do: act, undo }: Participant) => ({
  do: async (_state: object, context: StepContext) => {
    await act(context);
    return { last };
  },
  undo: (_state: object, context: StepContext) => undo(context),
  refuses: [refusedByTest] as const,
});

const begun = { id: "1", key: "order 7", input: { order: "7" }, requestId: "request", traceparent: "" };
