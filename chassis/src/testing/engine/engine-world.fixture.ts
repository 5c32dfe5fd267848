import { type Static, Type } from "typebox";
import { event } from "../../contract/event.ts";
import { refusal, unavailable } from "../../core/failure.ts";
import type { Database, Transaction } from "../../database/database.ts";
import { groupTransactions } from "../../database/group-transactions.ts";
import type { Broker } from "../../messaging/broker.ts";
import { startConsumer } from "../../messaging/consumer.ts";
import { on } from "../../messaging/messaging.ts";
import { operateDeadLetters } from "../../messaging/operate-dead-letters.ts";
import { createPublish } from "../../messaging/outbox.ts";
import { startRedriver } from "../../messaging/redriver.ts";
import { createRelay } from "../../messaging/relay.ts";
import { createSagaOperations } from "../../saga/operate-sagas.ts";
import { type StepContext, saga } from "../../saga/saga.ts";
import { createSagaRunner } from "../../saga/saga-runner.ts";
import { createSagaSet } from "../../saga/saga-set.ts";
import { createStartSaga } from "../../saga/start-saga.ts";
import { createLog } from "../../telemetry/log.ts";
import { eventually } from "../eventually.ts";
import { hurriedClock } from "../hurried-clock.ts";
import { type SagaScript, type Scenario, throwables, type Unit, type UseCase } from "./scenario.fixture.ts";
import {
  type LockHolder,
  makeTables,
  readWorld,
  resetTables,
  runProgram,
  type World,
} from "./serial-programs.fixture.ts";

const Ran = Type.Object({ run: Type.Integer(), useCase: Type.Integer(), handler: Type.Integer(), key: Type.String() });
const ran = event("engine.ran", { key: "key", body: Ran });
const Place = Type.Object({ run: Type.Integer(), useCase: Type.Integer() });
type Place = Static<typeof Place>;

const log = createLog({ service: "engine", level: process.env["TEST_LOG_LEVEL"] ?? "silent" });
const clock = hurriedClock;
const backoff = { first: 5, most: 20 };
const refused = refusal("engine_refused", 409, "Refused");

/** What is left when a scenario has come to its end. */
export type Ended = {
  readonly world: World;
  /** The use cases that were committed. */
  readonly committed: ReadonlySet<number>;
  /** The state of the dead letter of each handler that has one, by `useCase/handler`. */
  readonly letters: ReadonlyMap<string, readonly string[]>;
  /** How each saga ended, by its use case. */
  readonly sagas: ReadonlyMap<number, string>;
  /** The effects in the service that sagas ask, by use case. */
  readonly remote: ReadonlyMap<number, number>;
  readonly handled: number;
  readonly published: number;
};

/** All the engine's parts over one database and one broker, and scenarios played on them one after another. */
export async function engineWorld(database: Database, broker: Broker) {
  await makeTables(database);
  const state = { run: 0, scenario: undefined as Scenario | undefined, repaired: false };
  const holder: LockHolder = {};
  const failures = new Map<Unit, number>();
  const remote = new Map<number, { effects: number; refusesFrom: boolean; failures: number }>();

  async function play(tx: Transaction, unit: Unit | undefined, run: number): Promise<void> {
    // Left over from a scenario that has failed.
    if (!unit || run !== state.run) return;
    await trouble(unit, "begin");
    await runProgram(tx, unit.program, holder);
    await trouble(unit, "end");
  }

  async function trouble({ trouble }: Unit, at: "begin" | "end"): Promise<void> {
    if (trouble.kind === "none" || (trouble.kind !== "hangs" && trouble.at !== at)) return;
    const unit = trouble as unknown as Unit;
    const before = failures.get(unit) ?? 0;
    if (trouble.kind === "hangs") {
      if (before > 0 || at === "begin") return;
      failures.set(unit, 1);
      await new Promise(() => {});
    } else if (trouble.kind === "broken" ? !state.repaired : before < trouble.times) {
      failures.set(unit, before + 1);
      throw throwables[trouble.thrown]?.();
    }
  }

  const scriptOf = ({ run, useCase }: Place): SagaScript | undefined =>
    run === state.run ? state.scenario?.useCases[useCase]?.saga : undefined;

  /** Does it once for each key, remembers what was called off, and may lose its answer. */
  async function ask({ run, useCase }: Place, _context: StepContext): Promise<void> {
    const script = scriptOf({ run, useCase });
    if (!script) return;
    const known = remote.get(useCase) ?? { effects: 0, refusesFrom: false, failures: 0 };
    remote.set(useCase, known);
    if (known.refusesFrom || script.remote === "refuses") throw refused.failure();
    known.failures += 1;
    if (script.remote === "flaky" && known.failures <= 2)
      throw new TypeError("fetch failed", { cause: { code: "ECONNREFUSED" } });
    known.effects = 1;
    if (script.remote === "loses its answer" && known.failures <= 2) throw unavailable.failure();
  }

  const definition = saga("engine", Place)
    .step("hold", {
      within: (tx, place) => play(tx, scriptOf(place)?.hold, place.run),
      undoWithin: (tx, place) => play(tx, scriptOf(place)?.unhold, place.run),
    })
    .step("ask", {
      do: ask,
      async undo({ useCase }) {
        remote.set(useCase, { effects: 0, refusesFrom: true, failures: 0 });
      },
      refuses: [refused],
      retry: { outage: backoff },
    })
    .pivot("take", { within: (tx, place) => play(tx, scriptOf(place)?.take, place.run) })
    .step("after", { within: (tx, place) => play(tx, scriptOf(place)?.after, place.run) })
    .fails((tx, place) => play(tx, scriptOf(place)?.record, place.run));

  const consuming = () =>
    startConsumer({
      consumer: "engine",
      database,
      broker,
      subscriptions: [handler],
      clock,
      log,
      attempts: 4,
      backoff,
      handlingTime: 2_500,
    });
  const handler = on(ran, (body, tx) =>
    play(tx, state.scenario?.useCases[body.useCase]?.handlers[body.handler]?.unit, body.run),
  );

  let processes = 0;
  const newRunner = () => {
    const owner = `process ${++processes}`;
    const runner = createSagaRunner({ database, sagas: [definition], clock, log, owner, pollInterval: 100 });
    const startSaga = createStartSaga({ owner, onCommit: (instance) => runner.run(instance) });
    runner.start();
    return { runner, startSaga };
  };
  const newRelay = () => {
    const relay = createRelay({ database, broker, clock, log, interval: 200, backoff });
    relay.start();
    return relay;
  };

  const parts = { stopConsumer: await consuming(), relay: newRelay(), ...newRunner() };
  const publish = createPublish({ service: "engine", onCommit: () => parts.relay.wake() });
  const redrivers = [1, 2].map(() =>
    startRedriver({ consumer: "engine", database, subscriptions: [handler], clock, log, interval: 100 }),
  );
  const letters = operateDeadLetters(database, () => {
    for (const redriver of redrivers) redriver.wake();
  });
  const sagas = createSagaOperations({
    database,
    sagas: createSagaSet([definition]),
    onChange: () => parts.runner.wake(),
  });
  const grouped = groupTransactions(database);

  async function restart(part: "consumer" | "runner" | "relay"): Promise<void> {
    if (part === "consumer") {
      await parts.stopConsumer();
      parts.stopConsumer = await consuming();
    } else if (part === "runner") {
      const before = parts.runner;
      Object.assign(parts, newRunner());
      await before.stop();
    } else {
      const before = parts.relay;
      parts.relay = newRelay();
      await before.stop();
    }
  }

  async function runUseCase({ way, unit, handlers, saga }: UseCase, useCase: number): Promise<boolean> {
    const { run } = state;
    const work = async (tx: Transaction) => {
      await play(tx, unit, run);
      for (const [handler, { key }] of handlers.entries()) await publish(tx, ran, { run, useCase, handler, key });
      if (saga) await parts.startSaga(tx, definition, { key: `${run}/${useCase}`, input: { run, useCase } });
    };
    const running = way === "group" ? grouped(`${run}/${useCase}`, work) : database.transaction(work);
    return running.then(
      () => true,
      () => false,
    );
  }

  const operator = { by: "operator", reason: "a test" };

  /** Waits until nothing more happens by itself. */
  const settled = () =>
    eventually(async () => {
      const [left] = await database.query<{ count: number }>(
        `select (select count(*) from outbox where sent_at is null)
           + (select count(*) from outbox where not exists
               (select from inbox where message_id = (message ->> 'id')::uuid and consumer = 'engine'))
           + (select count(*) from saga where ended_at is null and status <> 'parked')
           + (select count(*) from dead_letter where state = 'redriving') as count`,
      );
      return left?.count === 0 || undefined;
    });

  async function operate(operators: Scenario["operators"]): Promise<void> {
    state.repaired = true;
    const parked = await database.query<{ id: string }>("select id from saga where status = 'parked'");
    const retries = parked.flatMap(({ id }) => [1, 2].map(() => sagas.act(id, { action: "retry", ...operator })));
    const decisions = [
      letters.redrive({}, 1_000, operator),
      operators === "redrive" ? letters.redrive({}, 1_000, operator) : letters.discard({}, operator),
    ];
    // Of two that decide the same the second is refused.
    await Promise.allSettled([...retries, ...decisions]);
  }

  async function ended(committed: ReadonlySet<number>): Promise<Ended> {
    const letters = await database.query<{ name: string; state: string }>(
      "select (message -> 'body' ->> 'useCase') || '/' || (message -> 'body' ->> 'handler') as name, state from dead_letter",
    );
    const sagas = await database.query<{ input: Place; status: string }>("select input, status from saga");
    const [counts] = await database.query<{ handled: number; published: number }>(
      "select (select count(*) from inbox) as handled, (select count(*) from outbox) as published",
    );
    return {
      world: await readWorld(database),
      committed,
      letters: new Map(
        [...Map.groupBy(letters, ({ name }) => name)].map(([name, all]) => [name, all.map((each) => each.state)]),
      ),
      sagas: new Map(sagas.map(({ input, status }) => [input.useCase, status])),
      remote: new Map([...remote].map(([useCase, { effects }]) => [useCase, effects])),
      handled: counts?.handled ?? 0,
      published: counts?.published ?? 0,
    };
  }

  return {
    async play(scenario: Scenario): Promise<Ended> {
      // What a failed scenario may have left behind is waited for before the tables are emptied.
      state.repaired = true;
      await settled();
      for (const table of ["outbox", "inbox", "dead_letter", "saga"]) await database.query(`delete from ${table}`);
      await resetTables(database);
      failures.clear();
      remote.clear();
      Object.assign(state, { run: state.run + 1, scenario, repaired: false });
      const restarting = scenario.restarts.map(({ part, after }) => clock.sleep(after * 10).then(() => restart(part)));
      const results = await Promise.all(scenario.useCases.map(runUseCase));
      await Promise.all(restarting);
      await settled();
      await operate(scenario.operators);
      await settled();
      // A saga that was retried may be parked once more, by another step that was waiting for its repair.
      const committed = new Set(results.flatMap((isCommitted, useCase) => (isCommitted ? [useCase] : [])));
      return ended(committed);
    },
    async stop(): Promise<void> {
      await Promise.all([parts.stopConsumer(), parts.relay.stop(), parts.runner.stop()]);
      await Promise.all(redrivers.map((redriver) => redriver.stop()));
    },
  };
}
