import type { Queryable, Transaction } from "../../database/database.ts";
import type { Message } from "../message.ts";
import { type Note, noteJson } from "./notes.ts";

/** A dead letter as its operators see it. */
export type StoredLetter = {
  readonly id: string;
  readonly consumer: string;
  readonly messageId: string;
  readonly type: string;
  readonly message: Message;
  readonly cause: string;
  readonly stack: string | null;
  readonly attempts: number;
  readonly traceId: string;
  readonly state: "parked" | "redriving" | "redriven" | "discarded";
  readonly parkedAt: Date;
  readonly endedAt: Date | null;
  readonly history: readonly Note[];
};

/** Which parked letters are meant; without either all. */
export type Chosen = { ids?: readonly string[] | undefined; type?: string | undefined };

/** The columns of a {@link StoredLetter}. */
export const LETTER_COLUMNS = `id, consumer, message_id as "messageId", type, message, cause, stack, attempts, trace_id as "traceId", state,
  parked_at as "parkedAt", ended_at as "endedAt", history`;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const uuids = (ids: readonly string[] | undefined) => ids?.filter((id) => UUID.test(id)) ?? null;

/** Letters, newest first, behind `cursor`; one more than `limit`. */
export function listLetters(
  database: Queryable,
  list: { state: string | undefined; type: string | undefined; cursor: string | undefined; limit: number },
): Promise<StoredLetter[]> {
  const cursor = list.cursor && UUID.test(list.cursor) ? list.cursor : null;
  return database.query<StoredLetter>(
    `select ${LETTER_COLUMNS} from dead_letter
     where ($1::text is null or state = $1) and ($2::text is null or type = $2) and ($3::uuid is null or id < $3)
     order by id desc limit $4`,
    [list.state ?? null, list.type ?? null, cursor, list.limit + 1],
  );
}

export async function findLetter(
  database: Queryable,
  id: string,
  lock: "lock" | "read",
): Promise<StoredLetter | undefined> {
  if (!UUID.test(id)) return undefined;
  const suffix = lock === "lock" ? "for update" : "";
  const [letter] = await database.query<StoredLetter>(
    `select ${LETTER_COLUMNS} from dead_letter where id = $1 ${suffix}`,
    [id],
  );
  return letter;
}

// Letters are locked in the order of their ids, so operators who mean the same ones wait for each other, and never in a circle.

/** Lets parked letters be handled again, in the order they were parked, so many a second; resolves with how many. */
export async function startRedrive(
  database: Queryable,
  chosen: Chosen,
  perSecond: number,
  note: Note,
): Promise<number> {
  const changed = await database.query(
    `with locked as materialized (
       select id from dead_letter
       where state = 'parked' and ($1::uuid[] is null or id = any($1)) and ($2::text is null or type = $2)
       order by id for update
     ), meant as (
       select id, row_number() over (order by id) - 1 as place from locked
     )
     update dead_letter d set state = 'redriving', due_at = now() + meant.place / $3::float8 * interval '1 s',
       claim = null, held_until = null, history = history || ($4::jsonb || jsonb_build_object('at', now()))
     from meant where d.id = meant.id returning 1`,
    [uuids(chosen.ids), chosen.type ?? null, perSecond, noteJson(note)],
  );
  return changed.length;
}

/** Gives letters up that are parked or on their way back, also those that are being handled; resolves with how many. */
export async function discardLetters(database: Queryable, chosen: Chosen, note: Note): Promise<number> {
  const changed = await database.query(
    `with locked as materialized (
       select id from dead_letter
       where state in ('parked', 'redriving') and ($1::uuid[] is null or id = any($1)) and ($2::text is null or type = $2)
       order by id for update
     )
     update dead_letter d set state = 'discarded', ended_at = now(), due_at = null,
       history = history || ($3::jsonb || jsonb_build_object('at', now()))
     from locked where d.id = locked.id returning 1`,
    [uuids(chosen.ids), chosen.type ?? null, noteJson(note)],
  );
  return changed.length;
}

export const rewriteLetter = (tx: Transaction, id: string, message: Message, note: Note): Promise<unknown> =>
  tx.query(
    `update dead_letter set message = $2, history = history || ($3::jsonb || jsonb_build_object('at', now())) where id = $1`,
    [id, JSON.stringify(message), noteJson(note)],
  );

/** Removes up to `limit` letters that came to their end more than `days` ago; resolves with how many. */
export async function removeEndedLetters(database: Queryable, days: number, limit: number): Promise<number> {
  const removed = await database.query(
    `delete from dead_letter where id in (
       select id from dead_letter where ended_at < now() - $1 * interval '1 day' order by ended_at limit $2) returning 1`,
    [days, limit],
  );
  return removed.length;
}
