import type { MailboxStore } from "./mailbox-store.ts";
import type { Mailer } from "./mailer.ts";

/** Keeps mail in the service's own mailbox, where an administrator reads it. A repeated letter is kept once. */
export const mailboxMailer = (mailbox: MailboxStore): Mailer => ({
  deliver: (letter) => mailbox.keep(letter),
  atOnce: 100,
  // One statement for those that come together, which the database ends after ten seconds.
  longest: 12_000,
  close: async () => {},
});
