import type { Database } from "../database/database.ts";
import { removeBegun } from "./consumer/begun-attempts-store.ts";
import { removeHandled } from "./consumer/inbox-store.ts";
import { removeEndedLetters } from "./dead-letters/operated-dead-letter-store.ts";
import { removeSent } from "./outbox/outbox-store.ts";

const STEP = 1_000;

/** Days that the inbox knows a repeat, at least. */
export const LEAST_INBOX_DAYS = 14;

/**
 * Days after its publication from which on a message is no longer applied but parked: a repeat of it might not be known
 * any more. A day less than {@link LEAST_INBOX_DAYS}, for clocks that differ and transactions that take their time.
 */
export const OLDEST_DAYS = LEAST_INBOX_DAYS - 1;

/** Days that each is kept: sent events, handled messages, dead letters that were redriven or discarded. */
export type MessageDays = { readonly outbox: number; readonly inbox: number; readonly letters: number };

/**
 * Removes up to 1,000 sent events from the outbox and 1,000 handled messages from the inbox, and as many dead letters, each when its time is over;
 * resolves with whether there may be more.
 */
export async function messagingHousekeeping(database: Database, days: MessageDays): Promise<boolean> {
  const sent = await removeSent(database, days.outbox, STEP);
  const handled = await removeHandled(database, days.inbox, STEP);
  const ended = await removeEndedLetters(database, days.letters, STEP);
  const begun = await removeBegun(database, days.inbox, STEP);
  return [sent, handled, ended, begun].includes(STEP);
}
