import type { Database } from "../database/database.ts";
import { removeBegun } from "./begun-attempts-store.ts";
import { removeHandled } from "./inbox-store.ts";
import { removeEndedLetters } from "./operated-dead-letter-store.ts";
import { removeSent } from "./outbox-store.ts";

const STEP = 1_000;

/** Days that sent events stay in the outbox, for those who want to know what was sent. */
export const OUTBOX_DAYS = 3;

/** Days that the inbox knows a repeat. */
export const INBOX_DAYS = 14;

/**
 * Days after its publication from which on a message is no longer applied but parked: a repeat of it might not be known
 * any more. A day less than {@link INBOX_DAYS}, for clocks that differ and transactions that take their time.
 */
export const OLDEST_DAYS = INBOX_DAYS - 1;

/** Days that dead letters are kept after they were redriven or discarded. */
const LETTER_DAYS = 90;

/**
 * Removes up to 1,000 sent events from the outbox and 1,000 handled messages from the inbox, and as many dead letters, each when its time is over;
 * resolves with whether there may be more.
 */
export async function messagingHousekeeping(database: Database): Promise<boolean> {
  const sent = await removeSent(database, OUTBOX_DAYS, STEP);
  const handled = await removeHandled(database, INBOX_DAYS, STEP);
  const letters = await removeEndedLetters(database, LETTER_DAYS, STEP);
  const begun = await removeBegun(database, INBOX_DAYS, STEP);
  return [sent, handled, letters, begun].includes(STEP);
}
