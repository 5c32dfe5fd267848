import { defineService, worker } from "@flotilla/chassis/service";
import { email } from "@flotilla/contracts/email";
import { orderCancelled, orderConfirmed, orderRejected } from "@flotilla/contracts/orders";
import { issueResetToken, passwordResetRequested } from "@flotilla/contracts/password-reset";
import { credentialsChanged, getContact, userCreated, userDeleted } from "@flotilla/contracts/users";
import { calls } from "./calls.ts";
import { Config } from "./config.ts";
import { deliverMail } from "./deliver-mail.ts";
import { subscriptions } from "./events.ts";
import { mailStore } from "./mail-store.ts";
import { mailboxMailer } from "./mailers/mailbox-mailer.ts";
import { mailboxStore } from "./mailers/mailbox-store.ts";
import type { Mailer } from "./mailers/mailer.ts";

/** Writes to customers about what happened to them. */
export const service = defineService(email, {
  config: Config,
  calls: { users: { getContact, issueResetToken } },
  consumes: [
    userCreated,
    userDeleted,
    passwordResetRequested,
    credentialsChanged,
    orderConfirmed,
    orderRejected,
    orderCancelled,
  ],
  async wire({ config, database, clients, erase, log }) {
    const mails = mailStore(database);
    const mailbox = mailboxStore(database);
    const { SMTP_URL, MAIL_FROM } = config;
    const mailer = SMTP_URL ? await overSmtp(SMTP_URL, MAIL_FROM) : mailboxMailer(mailbox);
    const needs = { mails, mailer, users: clients.users, log };
    const delivery = worker("deliver mail", 2_000, (stopping) => deliverMail(needs, stopping));
    return {
      answers: calls(SMTP_URL ? { list: async () => [] } : mailbox),
      consumes: subscriptions({ erase, mails, wake: delivery.wake }),
      workers: [delivery],
      erases: [
        { table: "mailbox", key: "id", where: "message_id in (select id from mail where user_id = $1)" },
        {
          ...{ table: "mail", key: "id", set: "recipient = null, facts = '{}'" },
          where: "user_id = $1 and state <> 'queued' and (recipient is not null or facts <> '{}')",
        },
      ],
      retention: [
        { table: "mail", key: "id", since: "created_at", days: config.MAIL_DAYS, where: "state <> 'queued'" },
        { table: "mailbox", key: "id", since: "sent_at", days: config.MAILBOX_DAYS },
      ],
      close: mailer.close,
    };
  },
});

/** Loaded only when it is asked for: most of what it brings is of no use to a mailbox. */
async function overSmtp(url: string, from: string): Promise<Mailer> {
  const { smtpMailer } = await import("./mailers/smtp-mailer.ts");
  return smtpMailer(url, from);
}
