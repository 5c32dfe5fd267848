import type { Database, Transaction } from "../../database/database.ts";
import { groupTransactions } from "../../database/group-transactions.ts";
import type { Broker } from "../../messaging/broker.ts";
import { eventually } from "../eventually.ts";
import { hurriedClock } from "../hurried-clock.ts";
import { ran, startParts } from "./engine-parts.fixture.ts";
import type { Scenario, UseCase } from "./scenario.fixture.ts";
import { createScriptedWork, type Place } from "./scripted-work.fixture.ts";
import { makeTables, readWorld, resetTables, type World } from "./serial-programs.fixture.ts";

/** What is left when a scenario has come to its end. */
export type Ended = {
  readonly world: World;
  /** The use cases that were committed. */
  readonly committed: ReadonlySet<number>;
  /** The state of each dead letter of a handler, by `useCase/handler`. */
  readonly letters: ReadonlyMap<string, readonly string[]>;
  /** How each saga ended, by its use case. */
  readonly sagas: ReadonlyMap<number, string>;
  /** The effects in the service that sagas ask, by use case. */
  readonly remote: ReadonlyMap<number, number>;
  readonly handled: number;
  readonly published: number;
};

const operator = { by: "operator", reason: "a test" };

/** All the engine's parts over one database and one broker, and scenarios played on them one after another. */
export async function engineWorld(database: Database, broker: Broker) {
  await makeTables(database);
  const work = createScriptedWork();
  const parts = await startParts(database, broker, work);
  const grouped = groupTransactions(database);

  async function runUseCase({ way, handlers, saga }: UseCase, place: Place): Promise<boolean> {
    const key = `${place.run}/${place.useCase}`;
    const inTransaction = async (tx: Transaction) => {
      await work.useCase(tx, place);
      for (const [handler, { key }] of handlers.entries()) await parts.publish(tx, ran, { ...place, handler, key });
      if (saga) await parts.startSaga(tx, parts.definition, { key, input: place });
    };
    const running = way === "group" ? grouped(key, inTransaction) : database.transaction(inTransaction);
    return running.then(
      () => true,
      () => false,
    );
  }

  async function operate(operators: Scenario["operators"]): Promise<void> {
    work.repair();
    const parked = await database.query<{ id: string }>("select id from saga where status = 'parked'");
    const retries = parked.flatMap(({ id }) => [1, 2].map(() => parts.sagas.act(id, { action: "retry", ...operator })));
    const decisions = [
      parts.letters.redrive({}, 1_000, operator),
      operators === "redrive" ? parts.letters.redrive({}, 1_000, operator) : parts.letters.discard({}, operator),
    ];
    // Of two that decide about the same thing the second may be refused.
    await Promise.allSettled([...retries, ...decisions]);
  }

  return {
    stop: parts.stop,
    async play(scenario: Scenario): Promise<Ended> {
      // What a scenario that failed has left behind is waited for before the tables are emptied.
      work.repair();
      await settled(database);
      await empty(database);
      const run = work.begin(scenario);
      const restarting = scenario.restarts.map(({ part, after }) =>
        hurriedClock.sleep(after * 10).then(() => parts.restart(part)),
      );
      const committed = await Promise.all(scenario.useCases.map((each, useCase) => runUseCase(each, { run, useCase })));
      await Promise.all(restarting);
      await settled(database);
      await operate(scenario.operators);
      await settled(database);
      return {
        ...(await readEnd(database)),
        committed: new Set(committed.flatMap((isCommitted, useCase) => (isCommitted ? [useCase] : []))),
        remote: work.effects(),
      };
    },
  };
}

/** Waits until nothing more happens by itself. */
const settled = (database: Database) =>
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

async function empty(database: Database): Promise<void> {
  for (const table of ["outbox", "inbox", "dead_letter", "saga"]) await database.query(`delete from ${table}`);
  await resetTables(database);
}

async function readEnd(database: Database): Promise<Omit<Ended, "committed" | "remote">> {
  const letters = await database.query<{ name: string; state: string }>(
    `select (message -> 'body' ->> 'useCase') || '/' || (message -> 'body' ->> 'handler') as name, state
     from dead_letter`,
  );
  const sagas = await database.query<{ input: Place; status: string }>("select input, status from saga");
  const [counts] = await database.query<{ handled: number; published: number }>(
    "select (select count(*) from inbox) as handled, (select count(*) from outbox) as published",
  );
  const byName = Map.groupBy(letters, ({ name }) => name);
  return {
    world: await readWorld(database),
    letters: new Map([...byName].map(([name, all]) => [name, all.map(({ state }) => state)])),
    sagas: new Map(sagas.map(({ input, status }) => [input.useCase, status])),
    handled: counts?.handled ?? 0,
    published: counts?.published ?? 0,
  };
}
