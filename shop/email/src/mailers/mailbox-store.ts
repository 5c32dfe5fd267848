import { type Database, groupCommit } from "@flotilla/chassis/database";
import { newId } from "@flotilla/chassis/service";
import type { Mail } from "@flotilla/contracts/email";
import { comparable, type Letter } from "../mail.ts";

/** The mail that is kept instead of sent. */
export type MailboxStore = {
  /** Keeps a letter; one with the same id is kept once. */
  keep(letter: Letter): Promise<void>;
  /** Newest first, those after `cursor`, at most `count`; to everybody, or to one address however it is written. */
  list(filter: { to?: string | undefined; cursor?: string | undefined; count: number }): Promise<Mail[]>;
};

type Row = Omit<Mail, "sentAt"> & { sentAt: Date };

/** Keeps mail in the table `mailbox`. */
export function mailboxStore(database: Database): MailboxStore {
  return {
    keep: groupCommit<Letter, void>({ write: (letters) => keepAll(database, letters) }),
    async list({ to, cursor, count }) {
      const rows = await database.query<Row>(
        `select id, recipient as "to", subject, text, html, sent_at as "sentAt" from mailbox
         where ($1::text is null or address = $1) and ($2::text is null or id < $2)
         order by id desc limit $3`,
        [to === undefined ? null : comparable(to), cursor ?? null, count],
      );
      return rows.map((row) => ({ ...row, sentAt: row.sentAt.toISOString() }));
    },
  };
}

async function keepAll(database: Database, letters: readonly Letter[]): Promise<void[]> {
  const rows = letters.map(({ id, to, subject, text, html }) => ({
    id: newId(),
    message_id: id,
    recipient: to.email,
    address: comparable(to.email),
    subject,
    text,
    html,
  }));
  await database.query(
    `insert into mailbox (id, message_id, recipient, address, subject, text, html)
     select id, message_id, recipient, address, subject, text, html
       from json_to_recordset($1) as given (id text, message_id text, recipient text, address text, subject text, text text,
         html text)
      order by message_id on conflict (message_id) do nothing`,
    [JSON.stringify(rows)],
  );
  return letters.map(() => undefined);
}
