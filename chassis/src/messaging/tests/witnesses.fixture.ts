import type { Database } from "../../database/database.ts";
import type { Happened } from "../messaging.fixture.ts";
import type { EventHandler } from "../messaging.ts";

/** What is wrong with what a reader did about the events of a publisher; nothing when the invariants I5 and I7 hold. */
export type Faults = { lost: string[]; phantom: string[]; double: string[]; disorder: string[] };

export const sound: Faults = { lost: [], phantom: [], double: [], disorder: [] };

/** The table of effects, in which each handling leaves a row with the message's id. */
export const makeEffects = (reader: Database): Promise<unknown> =>
  reader.query(
    "create table witnessed (place bigint generated always as identity, message_id text, thing_id text, number integer)",
  );

/** Leaves a row for each time. */
export const witness: EventHandler<Happened> = async ({ thingId, number }, tx, { id }) => {
  await tx.query("insert into witnessed (message_id, thing_id, number) values ($1, $2, $3)", [id, thingId, number]);
};

type Effect = { id: string; key: string; number: number };

/** Compares what the publisher committed with the reader's effects, by their databases alone. */
export async function faultsOf(publisher: Database, reader: Database): Promise<Faults> {
  const published = await publisher.query<{ id: string }>("select message->>'id' as id from outbox order by seq");
  const effects = await reader.query<Effect>(
    "select message_id as id, thing_id as key, number from witnessed order by place",
  );
  const ids = new Set(published.map(({ id }) => id));
  const seen = new Set(effects.map(({ id }) => id));
  return {
    lost: [...ids.difference(seen)],
    phantom: [...seen.difference(ids)],
    double: effects
      .filter(({ id }, index) => effects.findIndex((each) => each.id === id) !== index)
      .map(({ id }) => id),
    disorder: disordered(effects),
  };
}

/** The numbers of a key rise by one; a repeat is not disorder but a double. */
function disordered(effects: readonly Effect[]): string[] {
  const last = new Map<string, number>();
  return effects.flatMap(({ key, number, id }) => {
    const before = last.get(key) ?? 0;
    last.set(key, Math.max(before, number));
    return number > before + 1 ? [id] : [];
  });
}
