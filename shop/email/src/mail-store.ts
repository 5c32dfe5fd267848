import { combinedWrite, type Database, groupCommit, type Transaction } from "@flotilla/chassis/database";
import { currentTraceparent } from "@flotilla/chassis/telemetry";
import type { Intent, Outcome } from "./mail.ts";

/** A letter that this process may deliver until its lease ends. `attempt` counts from 1. */
export type Claimed = Intent & {
  attempt: number;
  /** Where in its trace it was asked for. */
  traceparent: string;
};

/** The letters that are to be written. All times are the database's. */
export type MailStore = {
  /** Notes the intent; a second time for the same id it does nothing. */
  queue(tx: Transaction, intent: Intent): Promise<void>;
  /** Takes up to `count` letters that are due, for `lease` milliseconds; others see them again only after that. */
  claim(count: number, lease: number): Promise<Claimed[]>;
  /** Records an outcome for good. Does nothing when the claim was lost in the meantime. */
  settle(claimed: Claimed, outcome: Outcome): Promise<void>;
  /** Queues a letter again for `delay` milliseconds from now, or fails it when it is older than `patience` milliseconds. */
  retry(claimed: Claimed, cause: string, delay: number, patience: number): Promise<void>;
  /** Drops what is still queued for a user. */
  dropQueued(tx: Transaction, userId: string): Promise<void>;
};

/** Keeps letters in the table `mail`. */
export function mailStore(database: Database): MailStore {
  const settle = groupCommit<Settled, void>({ write: (settled) => settleAll(database, settled) });
  return {
    queue: (tx, intent) => queue(tx, { ...intent, traceparent: currentTraceparent() }),
    claim: (count, lease) =>
      database.query<Claimed>(
        `update mail set attempt = attempt + 1, due_at = now() + $2 * interval '1 millisecond'
         where id in (
           select id from mail where state = 'queued' and due_at <= now()
           order by due_at limit $1 for update skip locked)
         returning id, template, user_id as "userId", recipient, facts, attempt, traceparent`,
        [count, lease],
      ),
    settle: (claimed, outcome) => settle({ ...claimed, ...outcome }),
    async retry(claimed, cause, delay, patience) {
      await database.query(
        `update mail set cause = $3, due_at = now() + $4 * interval '1 millisecond',
           state = case when created_at + $5 * interval '1 millisecond' <= now() then 'failed' else 'queued' end,
           settled_at = case when created_at + $5 * interval '1 millisecond' <= now() then now() end
         where id = $1 and attempt = $2 and state = 'queued'`,
        [claimed.id, claimed.attempt, cause, delay, patience],
      );
    },
    async dropQueued(tx, userId) {
      await tx.query(
        `update mail set state = 'dropped', cause = 'the account was closed', settled_at = now()
         where user_id = $1 and state = 'queued'`,
        [userId],
      );
    },
  };
}

const queue = combinedWrite<Omit<Claimed, "attempt">, void>(async (tx, intents) => {
  await tx.query(
    `insert into mail (id, template, user_id, recipient, facts, traceparent)
     select id, template, "userId", recipient, facts, traceparent
       from json_to_recordset($1) as given (id text, template text, "userId" text, recipient jsonb, facts jsonb, traceparent text)
      order by id on conflict do nothing`,
    [JSON.stringify(intents)],
  );
  return intents.map(() => undefined);
});

type Settled = Pick<Claimed, "id" | "attempt"> & Outcome;

async function settleAll(database: Database, settled: readonly Settled[]): Promise<void[]> {
  // `one` makes the planner expect a single row, and so look each up by its index, however small the table was when the plan was made.
  const rows = settled.map(({ id, attempt, state, ...more }) => ({
    one: 1,
    id,
    attempt,
    state,
    cause: "cause" in more ? more.cause : null,
  }));
  await database.query(
    `update mail set state = given.state, cause = given.cause, settled_at = now()
       from json_to_recordset($1) as given (one integer, id text, attempt integer, state text, cause text)
      where given.one = 1 and mail.id = given.id and mail.attempt = given.attempt and mail.state = 'queued'`,
    [JSON.stringify(rows)],
  );
  return settled.map(() => undefined);
}
