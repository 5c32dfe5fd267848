import type { Event } from "../../contract/event.ts";
import { ERASED } from "../../contract/personal.ts";
import type { Queryable } from "../../database/database.ts";
import type { Message } from "../../messaging/message.ts";
import { type ErasedMessage, messageEraser, tellsOf } from "./erase-message.ts";
import { pagesAbout, type Searched } from "./pages.ts";

const outbox: Searched = {
  table: "outbox",
  key: { seq: "bigint" },
  text: "message::text",
  columns: ["message", "cause", "sent_at", "parked_at"],
};
type Sent = { seq: number; message: Message; cause: string | null; sent_at: Date | null; parked_at: Date | null };

const deadLetters: Searched = {
  table: "dead_letter",
  key: { id: "uuid" },
  text: "message::text",
  // Of what could not be stored as it came only a look inside can tell.
  always: `position('"body":"base64:' in message::text) > 0`,
  columns: ["message", "cause", "stack", "history"],
};
type Letter = { id: string; message: Message; cause: string; stack: string | null; history: Record<string, unknown>[] };

/**
 * Erases what events tell of these people: sent and parked ones in the outbox, and dead letters with their causes and histories. Resolves with whether some is left to be
 * done: events that are on their way out are not touched.
 */
export async function eraseMessages(
  database: Queryable,
  events: readonly Event[],
  subjects: readonly string[],
): Promise<boolean> {
  const erase = messageEraser(events);
  let isLeft = false;
  for await (const page of pagesAbout<Sent>(database, outbox, subjects)) {
    const rows = page.flatMap(({ seq, message, cause, sent_at, parked_at }) => {
      const erased = erase(message);
      if (!erased) return [];
      if (sent_at || parked_at) return [{ seq, message: erased.message, cause: unquoted(cause, erased) }];
      isLeft = true;
      return [];
    });
    await database.query(
      `update outbox o set message = given.message, cause = given.cause
         from json_to_recordset($1) as given (seq bigint, message json, cause text)
        where o.seq = given.seq and (o.sent_at is not null or o.parked_at is not null)`,
      [JSON.stringify(rows)],
    );
  }
  for await (const page of pagesAbout<Letter>(database, deadLetters, subjects)) {
    const rows = page.flatMap((letter) => {
      const erased = tellsOf(letter.message, subjects) ? erase(letter.message) : undefined;
      return erased ? [erasedLetter(letter, erased)] : [];
    });
    const changed = await database.query(
      `update dead_letter d set message = given.message, cause = given.cause, stack = given.stack,
           history = array(select jsonb_array_elements(given.history))
         from json_to_recordset($1) as given (id uuid, was json, message json, cause text, stack text, history jsonb)
        where d.id = given.id and d.message::text = given.was::text returning 1`,
      [JSON.stringify(rows)],
    );
    // Somebody has edited one meanwhile.
    if (changed.length < rows.length) isLeft = true;
  }
  return isLeft;
}

const erasedLetter = ({ id, message: was, cause, stack, history }: Letter, erased: ErasedMessage) => ({
  ...{ id, was, message: erased.message, cause: unquoted(cause, erased), stack: unquoted(stack, erased) },
  history: history.map((note) =>
    Object.fromEntries(Object.entries(note).map(([name, value]) => [name, unquotedNote(name, value, erased)])),
  ),
});

/** A text, unless it quotes something personal. */
const unquoted = (text: string | null, { quotes }: ErasedMessage): string | null =>
  text !== null && quotes(text) ? ERASED : text;

function unquotedNote(name: string, value: unknown, erased: ErasedMessage): unknown {
  // What a letter said before an edit, as JSON.
  if (name === "beforeJson") return JSON.stringify(ERASED);
  return typeof value === "string" && !KEPT.has(name) ? unquoted(value, erased) : value;
}

/** What a note says of itself and of who wrote it. */
const KEPT: ReadonlySet<string> = new Set(["what", "at", "by"]);
