import type { Database } from "../../database/database.ts";
import { eventually } from "../eventually.ts";
import type { DecidedSaga } from "./operators.fixture.ts";
import type { Place } from "./scripted-work.fixture.ts";
import { readWorld, resetTables, type World } from "./serial-programs.fixture.ts";

/** What is left when a scenario has come to its end. */
export type Ended = {
  readonly world: World;
  /** The use cases that were committed, and the codes of the failures of the others. */
  readonly committed: ReadonlySet<number>;
  readonly refused: readonly (string | undefined)[];
  /** The state of each dead letter of a handler, by `useCase/handler`. */
  readonly letters: ReadonlyMap<string, readonly string[]>;
  /** How each saga ended, by its use case. */
  readonly sagas: ReadonlyMap<number, string>;
  /** The sagas that were parked, and what operators decided. */
  readonly decisions: readonly DecidedSaga[];
  /** The effects in the service that sagas ask, by use case. */
  readonly remote: ReadonlyMap<number, number>;
  readonly handled: number;
  readonly published: number;
  /** Events that the relay gave up. */
  readonly unsent: number;
  /** What that service or the broker saw that must not be. */
  readonly seen: string | undefined;
};

/** Waits until nothing more happens by itself; `strange` are the ids of messages that were not published here. */
export const settled = (database: Database, strange: readonly string[]) =>
  eventually(async () => {
    const [left] = await database.query<{ count: number }>(
      `select (select count(*) from outbox where sent_at is null and parked_at is null)
         + (select count(*) from (
              select (message ->> 'id')::uuid as id from outbox where parked_at is null union select unnest($1::uuid[])) came
            where not exists (select from inbox where message_id = came.id and consumer = 'engine'))
         + (select count(*) from saga where ended_at is null and status <> 'parked')
         + (select count(*) from dead_letter where state = 'redriving') as count`,
      [strange],
    );
    return left?.count === 0 || undefined;
  });

/** Empties all tables. */
export async function empty(database: Database): Promise<void> {
  for (const table of ["outbox", "inbox", "dead_letter", "begun_attempt", "saga"]) {
    await database.query(`delete from ${table}`);
  }
  await resetTables(database);
}

type Read = Omit<Ended, "committed" | "refused" | "decisions" | "remote" | "seen">;

/** Reads what is left in the tables. */
export async function readEnd(database: Database): Promise<Read> {
  const letters = await database.query<{ name: string; state: string }>(
    `select (message -> 'body' ->> 'useCase') || '/' || (message -> 'body' ->> 'handler') as name, state
     from dead_letter`,
  );
  const sagas = await database.query<{ input: Place; status: string }>("select input, status from saga");
  const [counts] = await database.query<{ handled: number; published: number; unsent: number }>(
    `select (select count(*) from inbox) as handled, count(*) as published, count(*) filter (where parked_at is not null) as unsent
     from outbox`,
  );
  const byName = Map.groupBy(letters, ({ name }) => name);
  return {
    world: await readWorld(database),
    letters: new Map([...byName].map(([name, all]) => [name, all.map(({ state }) => state)])),
    sagas: new Map(sagas.map(({ input, status }) => [input.useCase, status])),
    handled: counts?.handled ?? 0,
    published: counts?.published ?? 0,
    unsent: counts?.unsent ?? 0,
  };
}
