import { pageOf } from "@flotilla/chassis/contract";
import type { Handlers } from "@flotilla/chassis/service";
import type { email } from "@flotilla/contracts/email";
import type { MailboxStore } from "./mailers/mailbox-store.ts";

/** What the email service answers. */
export const calls = (mailbox: Pick<MailboxStore, "list">): Handlers<typeof email> => ({
  async listMailbox({ query: { to, cursor, limit } }) {
    return pageOf(await mailbox.list({ to, cursor, count: limit + 1 }), limit);
  },
});
